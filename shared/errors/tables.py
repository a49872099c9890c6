"""Errors of batches: tables that are uploaded to the node's page, checked and registered."""

from __future__ import annotations

from shared.errors.base import CommonsError


class FileThere(CommonsError):
    """A file, `path`, that is not written over."""

    code, status, exit_code = "file_there", 409, 5
    zh = "{path} 已经存在，没有覆盖。请换一个文件名，或先把它移走。"
    en = "{path} is there already and was not written over. Choose another name, or move it away."


class BatchTableMissing(CommonsError):
    """An upload without a table."""

    code, status, exit_code = "batch_table_missing", 422, 5
    zh = "没有选表格。请选一个 .xlsx 或 .csv 文件。"
    en = "No table was chosen. Choose an .xlsx or .csv file."


class BatchFolderUnknown(CommonsError):
    """A folder named for the files of a batch that is not there, or not by its whole path."""

    code, status, exit_code = "batch_folder_unknown", 422, 5
    zh = "这台电脑上没有文件夹“{folder}”。请写完整的路径，如 D:\\课件；可从文件管理器的地址栏复制。"
    en = "There is no folder “{folder}” on this machine. Write its whole path, as in D:\\lessons."


class BatchTooManyRows(CommonsError):
    """A table with more rows than one batch holds."""

    code, status, exit_code = "batch_too_many_rows", 422, 5
    zh = "这张表超过 {limit} 行。请分成几份，各用自己的名称；或者用 commons-node import，它不限行数。"
    en = "The table has more than {limit} rows. Divide it; or use commons-node import, which has no limit."


class BatchUnderWay(CommonsError):
    """Something asked of a batch while it is being checked or registered."""

    code, status, exit_code = "batch_under_way", 409, 3
    zh = "这一批正在处理，请等它做完。"
    en = "This batch is being worked on. Wait until that is done."


class BatchNotChecked(CommonsError):
    """Registering a batch of which nothing can be registered (yet)."""

    code, status, exit_code = "batch_not_checked", 409, 5
    zh = "这一批还没有可以登记的行。请先按页面上的提示做完前面的步骤。"
    en = "There is no row in this batch that could be registered yet. Follow what its page asks for first."


class BatchInterrupted(CommonsError):
    """A batch whose process ended in the middle."""

    code, status, exit_code = "batch_interrupted", 409, 1
    zh = "中途停止了（程序被关闭，或电脑断电）。登记了的都在，没有一件是半截的；再做一次就接着做完。"
    en = "It was interrupted: the program or the machine stopped. What was registered is whole; do it again to go on."
