"""The offices that send forms, each with the look of its own templates and the program that it has."""

from sandbox.forms.report import Office
from sandbox.workbook import Look

_PROVINCE = "UBND TỈNH KON TUM"
_TIMES, _ARIAL, _CALIBRI = Look("Times New Roman", 12), Look("Arial", 10), Look("Calibri", 11, numbered=False)
_EXCEL_2003 = Look("Arial", 10, program="excel2003")
_TCVN3 = Look(".VnTime", 12, program="excel2003")
_VNI = Look("VNI-Times", 12, program="excel2003")
_LIBREOFFICE = Look("Liberation Serif", 12, program="libreoffice")
_OWN_SOFTWARE = Look("Tahoma", 10, numbered=False, program="web_export")

PEOPLES_OFFICE = Office(_PROVINCE, "VĂN PHÒNG UBND TỈNH", "CHÁNH VĂN PHÒNG", _TIMES)
HOME_AFFAIRS = Office(_PROVINCE, "SỞ NỘI VỤ", "GIÁM ĐỐC", _TIMES)
JUSTICE = Office(_PROVINCE, "SỞ TƯ PHÁP", "GIÁM ĐỐC", _LIBREOFFICE)
PLANNING = Office(_PROVINCE, "SỞ KẾ HOẠCH VÀ ĐẦU TƯ", "GIÁM ĐỐC", _TIMES)
FINANCE = Office(_PROVINCE, "SỞ TÀI CHÍNH", "GIÁM ĐỐC", _CALIBRI)
INFORMATION = Office(_PROVINCE, "SỞ THÔNG TIN VÀ TRUYỀN THÔNG", "GIÁM ĐỐC", _TIMES)
LABOUR = Office(_PROVINCE, "SỞ LAO ĐỘNG - THƯƠNG BINH VÀ XÃ HỘI", "GIÁM ĐỐC", _VNI)
EDUCATION = Office(_PROVINCE, "SỞ GIÁO DỤC VÀ ĐÀO TẠO", "GIÁM ĐỐC", _EXCEL_2003)
HEALTH = Office(_PROVINCE, "SỞ Y TẾ", "GIÁM ĐỐC", _TIMES)
INSPECTORATE = Office(_PROVINCE, "THANH TRA TỈNH", "CHÁNH THANH TRA", _TCVN3)
POLICE = Office("BỘ CÔNG AN", "CÔNG AN TỈNH KON TUM", "GIÁM ĐỐC", _TIMES, protects=True)
STATISTICS = Office("TỔNG CỤC THỐNG KÊ", "CỤC THỐNG KÊ TỈNH KON TUM", "CỤC TRƯỞNG", _ARIAL)
SOCIAL_INSURANCE = Office("BẢO HIỂM XÃ HỘI VIỆT NAM", "BẢO HIỂM XÃ HỘI TỈNH KON TUM", "GIÁM ĐỐC", _OWN_SOFTWARE)
STATE_BANK = Office("NGÂN HÀNG NHÀ NƯỚC VIỆT NAM", "NGÂN HÀNG NHÀ NƯỚC CHI NHÁNH TỈNH KON TUM", "GIÁM ĐỐC", _ARIAL)
