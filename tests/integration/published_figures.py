"""What of the published figures of Kon Tum the platform computes, and why it doesn't compute the others.

`published_figures.csv` beside this holds all of them, as official documents printed them (S000: on Resolution 09-NQ/TU, early 2024;
S001: on the national index, 2023-2024; S002: the review of 23 August 2024).
"""

TARGET = "a wanted value, not an actual one"
OF_TARGETS = "counts targets, which `chiso targets` lists one by one"
TEXT = "a name, a day or a number of a document"
QUALITY = "said in words, without a figure"

COMPUTED: dict[str, tuple[str, str]] = {
    "S000-002": ("agencies_with_committee_pct", "2023"),
    "S000-003": ("steering_members", "2023"),
    "S000-004": ("support_members", "2023"),
    "S000-016": ("officials_trained_pct", "2023"),
    "S000-018": ("documents_updated_pct", "2023"),
    "S000-019": ("procedures_digitised_pct", "2023"),
    "S000-020": ("datasets", "2023"),
    "S000-021": ("dataset_fields", "2023"),
    "S000-022": ("dataset_agencies", "2023"),
    "S000-023": ("digital_economy_grdp_pct", "2023"),
    "S000-025": ("enterprises_digital_pct", "2023"),
    "S000-026": ("households_fibre_pct", "2023"),
    "S000-029": ("smart_city_services_kon_tum", "2023"),
    "S001-001": ("dti_score", "2020"),
    "S001-002": ("dti_rank", "2020"),
    "S001-003": ("dti_rank_region", "2020"),
    "S001-004": ("dti_score", "2021"),
    "S001-005": ("dti_rank", "2021"),
    "S001-006": ("dti_rank_region", "2021"),
    "S001-007": ("dti_score", "2022"),
    "S001-008": ("dti_rank", "2022"),
    "S001-009": ("dti_rank_region", "2022"),
    "S002-002": ("services_full_online", "2024-H1"),
    "S002-003": ("services_partial_online", "2024-H1"),
    "S002-005": ("portal_accounts", "2024-H1"),
    "S002-006": ("households_fibre_pct", "2024-H1"),
    "S002-007": ("communes_fibre_pct", "2024-H1"),
    "S002-009": ("adults_mobile_broadband_pct", "2024-H1"),
    "S002-010": ("public_schools_cashless", "2024-H1"),
    "S002-011": ("public_schools_cashless_pct", "2024-H1"),
    "S002-012": ("insured_synced_pct", "2024-H1"),
    "S002-013": ("health_facilities_cashless_pct", "2024-H1"),
    "S002-014": ("soc_devices", "2024-H1"),
    "S002-015": ("soc_websites", "2024-H1"),
    "S002-016": ("systems_level_approved", "2024-H1"),
    "S002-017": ("websites_trust_label", "2024-H1"),
}
"""By fact: the indicator and the period at which it must come out, at the printed precision."""

NOT_COMPUTED: dict[str, str] = {
    **dict.fromkeys(["S000-001", "S000-005", "S000-006"], OF_TARGETS),
    **dict.fromkeys([f"S000-{number:03d}" for number in (*range(7, 16), 17, 24, 27, 28, 30)], TARGET),
    **dict.fromkeys(["S001-010", "S001-011", "S001-012", "S002-018", "S002-019"], TARGET),
    **dict.fromkeys(["S001-013", "S001-014", "S001-015", "S002-001"], TEXT),
    "S002-004": "1 363 of 1 726 come out, which are 78,97 %; the document prints 79,24 %",
    "S002-008": QUALITY,
}
"""By fact: why no indicator gives it."""
