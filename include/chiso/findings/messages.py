"""What each finding says, in Vietnamese and English: what is wrong, and what to do.

Rules of a suite bring their own texts in its `meta`; these are the rules that are derived or built in.
Placeholders are filled by `chiso.findings.issues.issue`; `{printed}` is the column's header as the province prints it.
"""

from collections.abc import Mapping

TEXTS: Mapping[str, tuple[str, str]] = {
    # Cells
    "number_ambiguous": (
        "“{value}” ở cột “{printed}” có thể là hai số khác nhau; ghi số nguyên không có dấu ngăn cách, "
        "phần thập phân sau dấu phẩy.{hint_vi}",
        "“{value}” in “{printed}” could be either of two numbers; write whole numbers without separators, "
        "decimals after a comma.{hint_en}",
    ),
    "number_negative": (
        "“{value}” ở cột “{printed}” là số âm; cột này không nhận số âm.",
        "“{value}” in “{printed}” is negative; the column takes no negative numbers.",
    ),
    "number_malformed": (
        "“{value}” ở cột “{printed}” không phải là số viết đúng; dấu chấm ngăn hàng nghìn, dấu phẩy trước "
        "phần thập phân, không ghi gì thêm.{hint_vi}",
        "“{value}” in “{printed}” is no well-formed number; a dot parts thousands, a comma comes before decimals, "
        "and nothing else stands beside it.{hint_en}",
    ),
    "number_unit": (
        "“{value}” ở cột “{printed}” ghi đơn vị tính khác với cột; ghi số theo đơn vị của cột.",
        "“{value}” in “{printed}” states another unit than the column's; give the number in the column's unit.",
    ),
    "number_missing": ("“{value}” ở cột “{printed}” không phải là số.", "“{value}” in “{printed}” is no number."),
    "flag_malformed": ("“{value}” ở cột “{printed}” phải là 0 hoặc 1.", "“{value}” in “{printed}” must be 0 or 1."),
    "mark_malformed": (
        "“{value}” ở cột “{printed}” phải là “x” hoặc để trống.",
        "“{value}” in “{printed}” must be “x” or blank.",
    ),
    "time_malformed": (
        "“{value}” ở cột “{printed}” không phải thời gian theo mẫu {format}.",
        "“{value}” in “{printed}” is no time of the form {format}.",
    ),
    "period_malformed": (
        "“{value}” ở cột “{printed}” không nêu đúng một kỳ báo cáo; chỉ ghi kỳ, như “6 tháng đầu năm 2024”.",
        "“{value}” in “{printed}” is not one reporting period; write the period alone, like “6 tháng đầu năm 2024” or 2024-H1.",
    ),
    "choice_unknown": (
        "“{value}” ở cột “{printed}” không thuộc danh mục: {choices}.",
        "“{value}” in “{printed}” is none of: {choices}.",
    ),
    "unit_unknown": (
        "“{value}” không có trong danh mục đơn vị mà cột “{printed}” nhận tại thời điểm của kỳ.",
        "“{value}” is none of the units that “{printed}” takes at that time.",
    ),
    "unit_ambiguous": (
        "“{value}” trùng tên nhiều đơn vị ({candidates}); ghi rõ huyện hoặc mã.",
        "“{value}” names several units ({candidates}); state the district or the code.",
    ),
    "host_address": (
        "“{value}” ở cột “{printed}” có địa chỉ IP hoặc MAC của máy, không được gửi và lưu; bỏ địa chỉ rồi gửi lại.",
        "“{value}” in “{printed}” holds an IP or MAC address of a machine, which is never stored; send it without.",
    ),
    "agency_unknown": (
        "“{value}” không có trong danh mục cơ quan tại thời điểm của kỳ.",
        "“{value}” is in no list of agencies at that time.",
    ),
    "name_unlisted": (
        "“{value}” ở cột “{printed}” không có trong danh mục cơ quan, đơn vị tại thời điểm của kỳ; giữ nguyên như ghi. Kiểm tra lại tên.",
        "“{value}” in “{printed}” is in no list of agencies and units at that time; it is kept as it is. Check the name.",
    ),
    "not_utf8": (
        "Ô ở cột “{printed}” có ký tự không phải UTF-8.",
        "The cell in “{printed}” holds bytes that aren't UTF-8.",
    ),
    "formula_injection": (
        "Ô ở cột “{printed}” chứa công thức; chỉ ghi giá trị.",
        "The cell in “{printed}” holds a formula; write the value only.",
    ),
    "value_too_long": (
        "Ô ở cột “{printed}” dài hơn {longest} byte.",
        "The cell in “{printed}” is longer than {longest} bytes.",
    ),
    "number_not_whole": (
        "“{value}” ở cột “{printed}” không phải số nguyên.",
        "“{value}” in “{printed}” is no whole number.",
    ),
    "value_boolean": (
        "Trường “{printed}” ghi {value} (đúng/sai); phải là số hoặc chữ theo hợp đồng dữ liệu.",
        "Field “{printed}” says {value}, a truth value; the contract asks for a number or a text.",
    ),
    "value_nan": (
        "Trường “{printed}” ghi {value}, không phải giá trị JSON; nếu không có số liệu thì ghi null.",
        "Field “{printed}” says {value}, which is no JSON value; write null where there is none.",
    ),
    "fields_differ": (
        "Các trường {value} cùng là “{printed}” nhưng ghi khác nhau; giữ lại trường đúng.",
        "The fields {value} all mean “{printed}” but don't say the same; keep the right one.",
    ),
    "value_nested": ("Trường “{printed}” phải là một giá trị đơn.", "Field “{printed}” must be a single value."),
    # Lines
    "wrong_field_count": (
        "Dòng có {actual} trường, tiêu đề có {expected}; kiểm tra dấu phân cách và dấu ngoặc kép.",
        "The line has {actual} fields, the header {expected}; check separators and quotes.",
    ),
    "field_repeated": (
        "Bản ghi có trường ghi nhiều lần: {value}; giữ lại một giá trị đúng.",
        "The record states a field more than once: {value}; keep the right value.",
    ),
    "not_an_object": ("Bản ghi phải là một đối tượng JSON.", "The record must be a JSON object."),
    # Derived from the contract
    "required": ("Thiếu giá trị bắt buộc ở cột “{printed}”.", "The required value in “{printed}” is missing."),
    "pattern": (
        "“{value}” ở cột “{printed}” không đúng mẫu.",
        "“{value}” in “{printed}” doesn't have the required form.",
    ),
    "range": (
        "“{value}” ở cột “{printed}” nằm ngoài khoảng cho phép ({minimum} đến {maximum}).",
        "“{value}” in “{printed}” lies outside {minimum} to {maximum}.",
    ),
    "choice": (
        "“{value}” ở cột “{printed}” không thuộc danh mục: {choices}.",
        "“{value}” in “{printed}” is none of: {choices}.",
    ),
    "unit_at": (
        "“{value}” không có trong danh mục đơn vị tại ngày của hồ sơ.",
        "“{value}” is in no list of units on the row's date.",
    ),
    "day_outside": (
        "Ngày “{value}” ở cột “{printed}” nằm ngoài kỳ báo cáo của tệp; sửa ngày, hoặc gửi dòng này trong tệp của kỳ đó.",
        "The day “{value}” in “{printed}” lies outside the period of the delivery; mend it, or send the row with its own period.",
    ),
    "key_conflict": (
        "Nhiều dòng cùng khóa {key} nhưng nội dung khác nhau; giữ lại dòng đúng.",
        "Several rows share the key {key} with different content; keep the right one.",
    ),
    "readable": ("Có ô không đọc được.", "Some cells can't be read."),
    "total_disagrees": (
        "{label}: ghi {printed_total} ở cột “{printed}”, các dòng cộng lại là {summed}.",
        "{label}: {printed_total} is printed in “{printed}”, the rows add up to {summed}.",
    ),
    "total_unreadable": (
        "{label}: không đọc được “{value}” ở cột “{printed}” nên không đối chiếu được với các dòng; ghi lại số này.",
        "{label}: “{value}” in “{printed}” can't be read, so it isn't compared with the rows; write that number anew.",
    ),
    "too_many_rejects": (
        "Quá nhiều dòng bị loại ({rejected}/{rows}); cả tệp bị từ chối. Sửa các dòng đã nêu và gửi lại.",
        "Too many rows are rejected ({rejected} of {rows}); the delivery is refused. Mend them and send it again.",
    ),
    # Deliveries
    "not_text_export": (
        "{file}: không phải tệp CSV ({found_vi}); lấy lại từ cổng.",
        "{file} is no CSV export but {found_en}; export it again.",
    ),
    "not_json": (
        "{file}: không phải JSON hợp lệ ở dòng {line} ({reason}); lấy lại từ nguồn.",
        "{file} is no valid JSON at line {line} ({reason}); fetch it again.",
    ),
    "error_stated": (
        "{file}: ở dòng {line}, hệ thống gửi báo lỗi thay cho số liệu: “{value}”; lấy lại từ nguồn khi hết lỗi.",
        "{file} states an error at line {line} instead of records: “{value}”; fetch it again once that is mended.",
    ),
    "file_cut": (
        "{file}: có vẻ bị cắt ngang: dòng cuối (dòng {row}) không đọc được và không có dấu xuống dòng; tải lại toàn bộ tệp.",
        "{file} seems to be cut: its last record (line {row}) can't be read, and no line end follows it; fetch the whole file again.",
    ),
    "truncated": (
        "{file}: tệp nén bị cắt cụt hoặc hỏng ({reason}); lấy lại.",
        "{file}: the compressed file is cut short or damaged ({reason}); fetch it again.",
    ),
    "quote_unbalanced": (
        "{file}: bản ghi ở dòng {line} có dấu ngoặc kép mở mà không đóng; sửa dòng đó.",
        "{file}: the record at line {line} opens a quote that it doesn't close; mend that line.",
    ),
    "columns_missing": (
        "{file}: thiếu cột bắt buộc {columns}; thêm cột, hoặc thêm tên gọi khác vào hợp đồng dữ liệu.",
        "{file}: the required columns {columns} are missing; add them, or add an alias in the contract.",
    ),
    "header_duplicate": ("{file}: cột {columns} xuất hiện hai lần.", "{file}: the columns {columns} appear twice."),
    "optional_column_missing": (
        "Không có cột “{printed}”; coi như trống.",
        "The column “{printed}” is missing; taken as blank.",
    ),
    "personal_column_missing": ("Không có cột cá nhân “{printed}”.", "The personal column “{printed}” is missing."),
    "column_unknown": (
        "Cột “{value}” không có trong hợp đồng dữ liệu; không đọc.",
        "The column “{value}” is not in the contract; it wasn't read.",
    ),
    "column_added": (
        "Cột “{printed}” nay có trong tệp; lần nhận được chấp nhận gần nhất không có.",
        "The column “{printed}” is there now; the last accepted delivery didn't have it.",
    ),
    "column_missing": (
        "Cột “{printed}” không còn trong tệp; lần nhận được chấp nhận gần nhất ghi là “{before}”.",
        "The column “{printed}” is no longer there; the last accepted delivery headed it “{before}”.",
    ),
    "column_renamed": (
        "Cột “{printed}” nay ghi là “{now}”, lần nhận được chấp nhận gần nhất ghi là “{before}”.",
        "The column “{printed}” is headed “{now}” now, “{before}” in the last accepted delivery.",
    ),
    "column_moved": (
        "Cột “{printed}” đã chuyển từ vị trí thứ {before} sang vị trí thứ {now} so với lần nhận được chấp nhận gần nhất.",
        "The column “{printed}” has moved from place {before} to place {now} since the last accepted delivery.",
    ),
    "column_retyped": (
        "Không đọc được ô nào ở cột “{printed}” theo kiểu {before} ({now}), dù lần nhận được chấp nhận gần nhất có cột này; "
        "nếu cột đã đổi kiểu dữ liệu thì sửa hợp đồng dữ liệu.",
        "No cell in “{printed}” can be read as {before} ({now}), though the last accepted delivery has the column; where its type "
        "has changed, change the contract.",
    ),
    "total_incomplete": (
        "{file}: nguồn báo {total} bản ghi nhưng có {rows}; lấy lại toàn bộ.",
        "{file}: the envelope says {total} records, there are {rows}; fetch all of them.",
    ),
    "lists_several": (
        "{file}: nhiều danh sách có bản ghi của nguồn ({lists}); chỉ để lại một danh sách.",
        "{file}: several lists hold records of the source ({lists}); send one of them.",
    ),
    "records_nested": (
        "{file}: ở dòng {line}, các bản ghi nằm sâu bên trong “{path}”; gửi chính danh sách đó.",
        "{file}: at line {line} the records lie deeper, in “{path}”; send that list itself.",
    ),
    "records_absent": (
        "{file}: phần bắt đầu ở dòng {line} không có bản ghi nào của nguồn; lấy lại toàn bộ.",
        "{file}: what begins at line {line} holds no records of the source; fetch all of it again.",
    ),
    "periods_differ": (
        "{file}: các phần của tệp ghi kỳ khác nhau ({periods}); lấy lại từng kỳ.",
        "{file}: its parts state different periods ({periods}); fetch each period by itself.",
    ),
    "period_unclear": (
        "{file}: {reason_vi}. Ghi rõ một kỳ, như “Kỳ báo cáo: Quý II/2024”.",
        "{file}: {reason_en}. State one period, like “Kỳ báo cáo: Quý II/2024”.",
    ),
    "period_stated": (
        "{file}: được yêu cầu kỳ {stated}, nhưng tệp ghi kỳ {period}.",
        "{file}: period {stated} was asked for, but the delivery says {period}.",
    ),
    "period_grain": (
        "Kỳ {period} không đúng định kỳ của nguồn ({cadence}); kiểm tra kỳ báo cáo.",
        "Period {period} is not of the source's length ({cadence}); check it.",
    ),
    "period_future": (
        "Kỳ {period} chưa bắt đầu vào ngày nhận; kiểm tra kỳ báo cáo.",
        "Period {period} had not begun when it was received; check it.",
    ),
    "period_file_name": (
        "{file}: tên tệp ghi kỳ {named}, trong tệp là {period}.",
        "{file}: the file name says {named}, the delivery itself {period}.",
    ),
    "period_assumed": (
        "Tệp không ghi kỳ; lấy theo ngày nhận: {period}.",
        "The delivery states no period; taken from the day it was received: {period}.",
    ),
    "department_wrong": (
        "{file}: ô {cell} ghi “{value}”, biểu này do {owner} báo cáo. Kiểm tra lại tệp.",
        "{file}: cell {cell} says “{value}”, but this form is {owner}'s. Check the file.",
    ),
    "correction_expired": (
        "Số đính chính {correction} ({key}) hết hạn ngày {until}, nhưng tệp vẫn ghi {value}; số trong tệp được dùng. "
        "Gia hạn sau khi rà soát, hoặc đề nghị đơn vị sửa tệp.",
        "Correction {correction} ({key}) expired on {until}, but the delivery still says {value}, which is used. "
        "Review and extend it, or have the sender mend the file.",
    ),
    "correction_outdated": (
        "Số đính chính {correction} ({key}) không còn dùng: tệp ghi {value} thay vì {expected}. Đơn vị có thể đã sửa; rà soát rồi bỏ đính chính.",
        "Correction {correction} ({key}) is no longer used: the delivery says {value} instead of {expected}. The sender may have mended it; "
        "review it and take the correction out.",
    ),
    "correction_without_row": (
        "Số đính chính {correction} không tìm thấy dòng {key} trong tệp; rà soát khóa của dòng, hoặc bỏ đính chính.",
        "Correction {correction} finds no row {key} in the delivery; review its key, or take it out.",
    ),
    "sender_wrong": (
        "{file}: ô {cell} ghi “{value}” nhưng có dòng của {others}; mỗi đơn vị chỉ báo cáo phần của mình. Kiểm tra lại tệp.",
        "{file}: cell {cell} says “{value}”, but there are rows of {others}; each reports its own alone. Check the file.",
    ),
    "no_rows": ("{file}: không có dòng dữ liệu nào dưới tiêu đề.", "{file}: there is no data row below the header."),
    # Files of a drop folder that are left alone
    "file_name_unknown": (
        "{file}: tên tệp không ứng với nguồn nào; đổi tên theo mẫu của nguồn (docs/sources).",
        "{file}: the name fits no source; rename it as its source wants it (docs/sources).",
    ),
    "file_name_shared": (
        "{file}: tên tệp ứng với nhiều nguồn ({sources}); đổi tên, hoặc sửa mẫu tên tệp trong hợp đồng dữ liệu.",
        "{file}: the name fits several sources ({sources}); rename it, or make the pattern of one of them longer "
        "(transport.file_names in its contract).",
    ),
    "link_outside": (
        "{file}: là liên kết dẫn ra ngoài thư mục nhận tệp, không được mở; chép chính tệp đó vào thư mục.",
        "{file} is a link that leads out of the drop folder and wasn't opened; copy the file itself there.",
    ),
    "link_elsewhere": (
        "{file}: là liên kết trên máy chủ, không được mở; chép chính tệp đó vào thư mục nhận tệp.",
        "{file} is a link on its server and wasn't opened; copy the file itself into the drop folder.",
    ),
    "file_unreadable": (
        "{file}: không có quyền đọc; cấp quyền đọc cho người dùng chạy hệ thống.",
        "{file} can't be read; give the platform's user the permission to read it.",
    ),
    "folder_unreadable": (
        "{file}: không xem được thư mục nhận tệp ({reason}).",
        "{file}: the drop folder can't be looked at ({reason}).",
    ),
    "file_not_received": (
        "{file}: chưa được nhận (đang được ghi, vừa thay đổi, hoặc lần chạy trước bị lỗi); lần chạy sau sẽ nhận.",
        "{file} has not been received (it was being written, or a run failed before); the next run takes it.",
    ),
    # Workbooks
    "file_empty": ("{file}: tệp trống (0 byte); gửi lại tệp.", "{file} is empty (0 bytes); send it again."),
    "file_unknown": (
        "{file}: không phải bảng tính (nội dung là {found_vi}); gửi tệp .xlsx, .xls hoặc .ods.",
        "{file} is no spreadsheet (it holds {found_en}); send an .xlsx, .xls or .ods file.",
    ),
    "html_page": (
        "{file}: là trang web (HTML), không phải bảng tính; tải lại tệp gốc từ hệ thống và gửi lại.",
        "{file} is a web page (HTML), not a spreadsheet; download the original again and send it.",
    ),
    "file_damaged": (
        "{file}: tệp bị cắt cụt hoặc hỏng ({reason_vi}); mở bằng bảng tính, lưu lại và gửi lại.",
        "{file} is cut short or damaged ({reason_en}); open it, save it anew and send it again.",
    ),
    "file_expands": (
        "{file}: tệp nén nở ra {unpacked_mb} MB (gấp {ratio} lần), quá giới hạn; chỉ gửi biểu báo cáo.",
        "{file} unpacks to {unpacked_mb} MB ({ratio} times its size), too much; send the form only.",
    ),
    "sheet_expands": (
        "{file}: trang “{sheet}” nở ra hơn {most_vi} {what_vi}, quá giới hạn; xóa các dòng, cột thừa ngoài bảng, lưu và gửi lại.",
        "{file}: sheet “{sheet}” grows to more than {most_en} {what_en}, too much; delete the rows and columns beside the table, "
        "save and send it again.",
    ),
    "delivery_withdrawn": (
        "Lần nhận số {delivery} đã bị {by} thu hồi lúc {at}: {why}. Nội dung này không được tính nữa; nếu nay xác nhận là đúng thì "
        "nộp lại tệp như một lần nhận mới.",
        "Delivery {delivery} was withdrawn by {by} on {at}: {why}. Its content counts no more; if it is confirmed by now, hand the "
        "file in anew, as a receipt of its own.",
    ),
    "file_too_large": (
        "{file}: tệp {size_mb} MB, quá giới hạn {limit_mb} MB; chỉ gửi biểu báo cáo.",
        "{file} has {size_mb} MB, the limit is {limit_mb} MB; send the form only.",
    ),
    "file_macros": (
        "{file}: tệp có macro ({part}); lưu thành .xlsx không macro rồi gửi lại.",
        "{file} holds macros ({part}); save it as .xlsx without macros and send it again.",
    ),
    "file_encrypted": (
        "{file}: tệp đặt mật khẩu mà hệ thống không có; gửi tệp không mật khẩu hoặc báo mật khẩu.",
        "{file} is protected by a password that the platform doesn't have; send it without one, "
        "or hand the password in.",
    ),
    "password_wrong": (
        "{file}: mật khẩu đã đăng ký không mở được tệp; báo mật khẩu mới hoặc gửi tệp không mật khẩu.",
        "{file}: the registered password doesn't open it; hand in the new one, or send it without.",
    ),
    "header_not_found": (
        "{file}, trang “{sheet}”: không có dòng nào chứa tiêu đề {wanted} (gần nhất: {nearest_vi}). "
        "Gửi đúng biểu {source}, hoặc thêm tên gọi khác vào hợp đồng dữ liệu.",
        '{file}, sheet "{sheet}": no row holds {wanted} (nearest: {nearest_en}). '
        "Send form {source}, or add an alias in its contract.",
    ),
    "header_missing_column": (
        "{file}, trang “{sheet}”, dòng tiêu đề {row}: thiếu cột {wanted}. "
        "Thêm cột, hoặc thêm tên gọi khác vào hợp đồng {source}.",
        '{file}, sheet "{sheet}", header row {row}: column {wanted} is missing. '
        "Add it, or add an alias in contract {source}.",
    ),
    "header_ambiguous": (
        "{file}, trang “{sheet}”: ô {cells} cùng là cột “{printed}”; đổi tên hoặc bỏ cột thừa.",
        '{file}, sheet "{sheet}": cells {cells} are all “{printed}”; rename or drop the extra one.',
    ),
    "header_unit_differs": (
        "{file}, trang “{sheet}”, ô {cell}: cột ghi “{value}”, biểu quy định “{printed}”; "
        "đổi số liệu về đúng đơn vị tính.",
        '{file}, sheet "{sheet}", cell {cell}: the column says “{value}”, the form “{printed}”; '
        "give the figures in that unit.",
    ),
    "several_sheets": (
        "{file}: các trang {sheets} đều có số liệu của biểu; chỉ để lại một trang.",
        "{file}: sheets {sheets} all hold figures of the form; keep one of them.",
    ),
    "subtotal_without_rows": (
        "Dòng {row}: “{value}” là dòng tổng của huyện nhưng không có xã nào bên dưới; bổ sung các xã.",
        "Row {row}: “{value}” is a district's subtotal, but no commune stands under it; add the communes.",
    ),
    "section_without_rows": (
        "Dòng {row}: mục “{value}” không có dòng nào bên dưới; bổ sung các dòng, hoặc bỏ mục này.",
        "Row {row}: no row stands under “{value}”; add its rows, or drop the heading.",
    ),
    "total_unlisted": (
        "Dòng {row}: “{value}” bằng tổng các dòng {first}–{last} ở {agreeing}/{judged} cột và không giống một dòng số liệu; "
        "coi là dòng tổng, không tính. Ghi tên là “Tổng cộng”, hoặc đánh số thứ tự nếu là số liệu riêng.",
        "Row {row}: “{value}” sums rows {first}–{last} in {agreeing} of {judged} columns and is marked as no data row; "
        "it was taken as a total. Call it “Tổng cộng”, or number it if it is a row of its own.",
    ),
    "row_sums_others": (
        "Dòng {row}: “{value}” đúng bằng tổng các dòng {first}–{last} nhưng mang tên hoặc số thứ tự như dòng số liệu nên vẫn được "
        "tính; nếu là dòng tổng thì ghi “Tổng cộng”.",
        "Row {row}: “{value}” is just the sum of rows {first}–{last}, but is named or numbered like data, so it counts; "
        "call it “Tổng cộng” if it is a total.",
    ),
    "row_below_total": (
        "Dòng {row}: “{value}” đứng dưới dòng tổng, không có số thứ tự nên không tính; nếu là số liệu của kỳ này thì đánh số thứ tự "
        "và đưa lên trên dòng tổng.",
        "Row {row}: “{value}” stands below the total without a number, so it was not counted; if it is data of this period, "
        "number it and move it above the total.",
    ),
    "row_part_of_another": (
        "Dòng {row}: “{value}” là một phần của dòng phía trên nên không tính riêng; nếu là số liệu riêng thì đánh số thứ tự riêng.",
        "Row {row}: “{value}” is part of the row above and was not counted; give it a number of its own if it is a row of its own.",
    ),
    "second_table": (
        "Dòng {row}: từ dòng này là một bảng khác, có tiêu đề riêng nên không được đọc; chuyển bảng đó sang tệp hoặc trang khác.",
        "Row {row}: another table with a header of its own begins here and was not read; move it to another file or sheet.",
    ),
    "values_uneven": (
        "Ô ở cột “{printed}” có nhiều giá trị nhưng không khớp số giá trị ở cột khác (hoặc quá nhiều); tách mỗi giá trị một dòng.",
        "The cell in “{printed}” holds several values, but not as many as other cells of its row (or too many); "
        "give each a row of its own.",
    ),
    "hidden_row": (
        "Dòng {row} bị ẩn nhưng vẫn được tính; bỏ ẩn hoặc xóa dòng.",
        "Row {row} is hidden and was read all the same; show it or delete it.",
    ),
    "hidden_column": (
        "Cột “{printed}” (ô {cell}) bị ẩn nhưng vẫn được đọc; bỏ ẩn hoặc xóa cột.",
        "Column “{printed}” (cell {cell}) is hidden and was read all the same; show it or delete it.",
    ),
    "hidden_sheet_read": (
        "Trang “{sheet}” bị ẩn; vẫn được đọc vì không trang nào khác có biểu.",
        "Sheet “{sheet}” is hidden; it was read since no other holds the form.",
    ),
    "hidden_sheet_ignored": ("Trang “{sheet}” bị ẩn; không đọc.", "Sheet “{sheet}” is hidden; it wasn't read."),
    "cell_misplaced": (
        "{file}: trang “{sheet}” có ô “{address}” (giá trị “{value}”), địa chỉ không thể có; mở bằng bảng tính, lưu lại và gửi lại.",
        "{file}: sheet “{sheet}” has a cell “{address}” (value “{value}”), an address that can't be; open it, save it anew and send it again.",
    ),
    "cell_struck": (
        "Ô ở cột “{printed}”: “{value}” đã bị gạch ngang hoặc ẩn; ghi giá trị đúng, không gạch, hoặc xóa.",
        "The cell in “{printed}”: “{value}” is struck through or hidden; write the right value so that it shows, or delete it.",
    ),
    "cell_scaled": (
        "Ô ở cột “{printed}” lưu “{value}” nhưng định dạng hiển thị chia cho nghìn; bỏ định dạng và ghi đúng đơn vị.",
        "The cell in “{printed}” holds “{value}” but its format shows it divided by a thousand; remove the format and write "
        "the value in the column's unit.",
    ),
    "cell_no_number": (
        "Ô ở cột “{printed}” được lưu là số nhưng “{value}” không phải là số; ghi lại giá trị.",
        "The cell in “{printed}” is kept as a number, but “{value}” is none; write the value again.",
    ),
    "merge_odd": (
        "Trang “{sheet}” có ô gộp “{value}” chồng lên ô gộp khác hoặc nằm ngoài trang; bỏ qua việc gộp.",
        "Sheet “{sheet}” has merged cells “{value}” that overlap others or lie outside the sheet; taken as not merged.",
    ),
    "cell_in_pieces": (
        "Ô ở cột “{printed}” có nhiều phần tách rời: “{value}”; chỉ ghi một giá trị.",
        "The cell in “{printed}” holds several separate pieces: “{value}”; write one value only.",
    ),
    "cell_unclear": (
        "Ô ở cột “{printed}” hiện “{value}” nhưng giá trị lưu trong tệp khác, hoặc không đọc được; nhập lại giá trị.",
        "The cell in “{printed}” shows “{value}”, but the file stores another value, or none that can be read; "
        "enter the value again.",
    ),
    "cell_out_of_time": (
        "Ô ở cột “{printed}” có định dạng ngày nhưng “{value}” không phải là ngày; ghi lại ngày hoặc đổi định dạng.",
        "The cell in “{printed}” is formatted as a date, but “{value}” is none; write the date again or change the format.",
    ),
    "formula_uncached": (
        "Ô ở cột “{printed}” là công thức chưa có giá trị lưu; mở tệp, tính lại và lưu.",
        "The cell in “{printed}” is a formula without a stored value; open, recalculate, save.",
    ),
}
