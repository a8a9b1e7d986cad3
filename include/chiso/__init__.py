"""The core of Chỉ Số: eight stages from a delivery to a published number, free of any orchestrator."""
