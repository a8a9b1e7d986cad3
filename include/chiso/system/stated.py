"""What people state in files (contracts, suites, the catalogue), as types."""

from pydantic import BaseModel, ConfigDict


class Stated(BaseModel):
    """A part of such a file. Unknown words are forbidden; docstrings of its fields are their descriptions."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
