"""What stored words are called on the pages: Vietnamese and English."""

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "state": {
        "pending": ("chờ kiểm tra", "pending"),
        "refused": ("bị từ chối", "refused"),
        "current": ("đang dùng", "current"),
        "unchanged": ("nội dung như lượt trước", "same content"),
        "superseded": ("đã có lượt mới hơn", "superseded"),
        "withdrawn": ("đã thu hồi", "withdrawn"),
    },
    "case": {
        "open": ("đang mở", "open"),
        "returned": ("đã trả đơn vị", "returned"),
        "corrected": ("đã sửa", "corrected"),
        "released": ("được cho nạp", "released"),
        "discarded": ("được bỏ qua", "discarded"),
        "gone": ("không còn trong tệp", "gone"),
        "opened": ("phát hiện", "found"),
        "seen": ("lại thấy trong tệp mới hơn", "seen again"),
    },
    "timeliness": {
        "on_time": ("đúng hạn", "on time"),
        "late": ("trễ hạn", "late"),
        "missing": ("chưa gửi", "missing"),
        "not_due": ("chưa đến hạn", "not due"),
    },
    "severity": {
        "critical": ("nghiêm trọng", "critical"),
        "warning": ("cảnh báo", "warning"),
        "info": ("thông tin", "information"),
    },
    "action": {
        "refuse_delivery": ("từ chối tệp", "refuses the delivery"),
        "reject_row": ("loại dòng", "rejects the row"),
        "flag": ("ghi nhận", "is noted"),
    },
    "origin": {
        "fetch": ("hệ thống tự lấy", "fetched"),
        "drop_folder": ("thư mục tiếp nhận", "drop folder"),
        "file": ("nạp bằng tay", "given by hand"),
    },
    "drift": {
        "added": ("cột thêm", "added"),
        "renamed": ("cột đổi tên", "renamed"),
        "moved": ("cột đổi chỗ", "moved"),
        "retyped": ("cột đổi kiểu", "retyped"),
        "missing": ("cột thiếu", "missing"),
    },
    "publication": {
        "approved": ("đã công bố", "published"),
        "held": ("chờ duyệt", "held"),
    },
    "status": {
        "computed": ("đủ số liệu", "complete"),
        "incomplete": ("chưa đủ số liệu", "incomplete"),
        "no_data": ("chưa có số liệu", "no data"),
    },
    "decision": {
        "approve": ("phê duyệt", "approved"),
        "refuse": ("không phê duyệt", "refused"),
        "withdraw": ("thu hồi lượt gửi", "delivery withdrawn"),
        "released": ("cho nạp dòng bị loại", "row released"),
        "discarded": ("bỏ qua dòng bị loại", "row discarded"),
        "returned": ("trả tệp cho đơn vị", "returned to the sender"),
        "opened": ("mở lại", "opened again"),
        "gone": ("đóng vì lượt gửi bị thu hồi", "closed with its delivery"),
    },
    "event": {
        "delivery_received": ("tiếp nhận tệp", "delivery received"),
        "content_unchanged": ("nội dung như lượt trước", "same content"),
        "verdict": ("phán quyết", "verdict"),
        "withdrawn": ("thu hồi", "withdrawn"),
        "rows_rejected": ("loại dòng", "rows rejected"),
        "cases_moved": ("hồ sơ lỗi chuyển trạng thái", "cases moved"),
        "cases_decided": ("quyết định về hồ sơ lỗi", "cases decided"),
        "load": ("nạp dữ liệu", "loaded"),
        "counted": ("đếm lại", "counted anew"),
        "converted": ("chuyển đổi cấu trúc", "converted"),
        "fetch": ("gọi hệ thống nguồn", "fetched"),
        "taken_over": ("tiếp quản dữ liệu cũ", "taken over"),
        "built": ("dựng cấu trúc kho", "structure built"),
        "defined": ("ghi định nghĩa chỉ tiêu", "definitions written"),
        "computed": ("tính chỉ tiêu", "computed"),
        "values_decided": ("quyết định về giá trị", "values decided"),
        "mailed": ("gửi thư", "mailed"),
        "reports_begun": ("bắt đầu lập báo cáo", "reports begun"),
        "reports": ("lập xong báo cáo", "reports made"),
    },
    "rule": {
        "too_many_rejects": ("quá nhiều dòng bị loại thì cả tệp bị từ chối", "too many rejected rows refuse the delivery"),
        "key.conflict": ("các dòng cùng khóa phải giống nhau", "rows with one key must say the same"),
        "totals": ("tổng in trong biểu phải bằng tổng các dòng", "printed totals must be the sums of their rows"),
        "empty": ("tệp phải có dòng số liệu", "the delivery must have rows"),
    },
    "calendar": {
        "civil": ("dương lịch", "civil"),
        "administrative": ("kỳ hành chính (15 tháng trước đến 14)", "administrative"),
    },
}
"""By kind and key."""
