"""School construction and equipment (学校建设与设备项目): programmes, projects, and every yuan by source."""
