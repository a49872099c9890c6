"""Errors that `commons-hub` shows to its operator; they do not cross the network."""

from __future__ import annotations

from shared.errors.base import CommonsError


class DataFolderInUse(CommonsError):
    """A data folder that a running hub holds."""

    code, status, exit_code = "data_folder_in_use", 409, 5
    zh = "数据目录 {folder} 正由另一个平台进程（进程号 {pid}）使用。请先停止它，或用 COMMONS_VAR 换一个数据目录。"
    en = "The data folder {folder} is held by a running hub (process {pid}). Stop it, or set COMMONS_VAR to another."


class DataFolderForeign(CommonsError):
    """A folder that is not to be removed, since the hub did not make it or more than the hub lives there."""

    code, status, exit_code = "data_folder_foreign", 409, 5
    zh = "{folder} 不是平台自己建立的数据目录，不予清除。确实不要了，请自行删除。"
    en = "{folder} is not a data folder that the hub made, so it is left alone. Remove it yourself if you mean to."


class HubPortTaken(CommonsError):
    """Addresses of the hub that other programs listen on."""

    code, status, exit_code = "hub_port_taken", 409, 5
    zh = "{addresses} 已被其他程序占用。请关闭那个程序，或用 COMMONS_PORT 换一个端口。"
    en = "Another program listens on {addresses}. Stop it, or choose another port with COMMONS_PORT."


class AddressUnusable(CommonsError):
    """An address that the hub cannot listen on for a reason of this machine."""

    code, status, exit_code = "address_unusable", 409, 5
    zh = "无法监听 {address}（{cause}）。请检查 COMMONS_HOST 和 COMMONS_PORT。"
    en = "The hub cannot listen on {address} ({cause}). Check COMMONS_HOST and COMMONS_PORT."


class StoreNotStarted(CommonsError):
    """The store that comes with the hub did not come up."""

    code, status, exit_code = "store_not_started", 503, 3
    zh = "自带的文件存储未能启动：{cause}"
    en = "The object store that comes with the hub did not start: {cause}"


class DatabaseAway(CommonsError):
    """A database or queue that cannot be reached or used."""

    code, status, exit_code = "database_away", 503, 3
    zh = (
        "无法使用数据库：{cause}。请检查数据库是否运行，以及 COMMONS_DATABASE_URL、COMMONS_QUEUE_URL 和 COMMONS_VAR。"
    )
    en = "The database cannot be used: {cause}. Check that it runs, and COMMONS_DATABASE_URL, _QUEUE_URL and _VAR."


class NotMigrated(CommonsError):
    """A database without this version's tables."""

    code, status, exit_code = "not_migrated", 503, 5
    zh = (
        "数据库里还没有本版本的表。平台已经在运行的，请在这个终端里照样设 COMMONS_VAR 或 --config；"
        "否则先运行 commons-hub migrate（commons-hub up 会自动升级）。"
    )
    en = (
        "The database lacks this version's tables. If the hub runs already, set the same COMMONS_VAR or --config at "
        "this terminal; if not, run commons-hub migrate first (commons-hub up does it by itself)."
    )


class IndexNotRebuilt(CommonsError):
    """A rebuilding of the search index that came to a stand."""

    code, status, exit_code = "index_not_rebuilt", 503, 3
    zh = "重建索引 {seconds} 秒没有进展。要求已经留下，后台任务恢复后会照办；请查看后台任务的日志。"
    en = "The index made no progress for {seconds} s. The request stands until the worker obeys; see its log."


class BackupUnderWay(CommonsError):
    """A folder of backups into which another process is writing one."""

    code, status, exit_code = "backup_under_way", 409, 3
    zh = "另一个备份正在写入 {folder}。等它做完再试。"
    en = "Another backup is being written into {folder}. Try again when it is done."


class NotABackup(CommonsError):
    """A folder without a backup that was finished."""

    code, status, exit_code = "not_a_backup", 422, 5
    zh = "{folder} 里没有完成的备份。请检查路径，它应是做备份时所写的文件夹，或其中的一个备份。"
    en = "There is no finished backup in {folder}. Give the folder that backups were written to, or a backup in it."


class BackupDamaged(CommonsError):
    """A backup that is not as it was written; `cause` says in what."""

    code, status, exit_code = "backup_damaged", 422, 5
    zh = "备份 {folder} 里的 {name} 有损坏：{cause}。请改用另一个备份。"
    en = "{name} in the backup {folder} is damaged: {cause}. Use another backup."


class BackupFromNewer(CommonsError):
    """A backup made by a program that is newer than this one."""

    code, status, exit_code = "backup_from_newer", 409, 5
    zh = "这个备份是新版本的程序（{program}，迁移 {migration}）做的。请先升级本程序，再恢复。"
    en = "The backup was made by a newer program ({program}, migration {migration}). Upgrade this one first."


class RestoreNotEmpty(CommonsError):
    """A database that is to be restored and has something in it."""

    code, status, exit_code = "restore_not_empty", 409, 5
    zh = "要恢复到的数据库不是空的（{table} 中已有数据），什么都没有改动。请换一个空的数据目录或数据库。"
    en = "The database to restore into is not empty ({table} has rows); nothing was changed. Choose an empty one."


class InvalidSettings(CommonsError):
    """Settings that stop the start; every fault is named."""

    code, exit_code = "invalid_settings", 5
    zh = "配置有误，无法启动：\n{faults}"
    en = "The settings are wrong and nothing was started:\n{faults}"
