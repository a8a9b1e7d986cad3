"""Normal form of many words at once: each distinct one is looked at once."""

import pyarrow as pa
import pyarrow.compute as pc


def normal_words(words: pa.Array, odd: str) -> pa.DictionaryArray | None:
    """The words in NFC; None where one holds a sign of `odd` (a regular expression), which needs more than that."""
    encoded = words.dictionary_encode()
    if pc.any(pc.match_substring_regex(encoded.dictionary, odd)).as_py():
        return None
    return pa.DictionaryArray.from_arrays(encoded.indices, pc.utf8_normalize(encoded.dictionary, form="NFC"))
