"""Errors that the node's own command and page show; they do not cross the network."""

from __future__ import annotations

from shared.errors.base import CommonsError


class NotInitialised(CommonsError):
    """A data folder, `folder`, in which no node has been set up."""

    code, status, exit_code = "not_initialised", 409, 5
    zh = "{folder} 里没有节点：尚未初始化。请先运行 commons-node init；节点的数据在别处，就用 --data 指明。"
    en = "There is no node in {folder}. Run commons-node init first, or name the node's folder with --data."


class NotJoined(CommonsError):
    """A node that has not enrolled."""

    code, status, exit_code = "not_joined", 409, 5
    zh = "节点尚未加入平台。请先运行 commons-node join。"
    en = "The node has not joined a hub. Run commons-node join first."


class RoundUnderWay(CommonsError):
    """A synchronisation or comparison while another process of this node is at one."""

    code, status, exit_code = "round_under_way", 409, 3
    zh = "本节点正在同步（{since} 开始，{beat} 还有动静）。要同步不用再做一次；别的事等它做完再做。"
    en = "This node is synchronising (begun {since}, last heard of {beat}). For anything else, come again after it."


class RoundInterrupted(CommonsError):
    """A round whose process ended in the middle."""

    code, status, exit_code = "round_interrupted", 409, 1
    zh = "上次同步中途停止了（程序被关闭，或电脑断电）。没有丢失任何内容，再次同步会接着做。"
    en = "The last round was interrupted: the program or the machine stopped. Nothing is lost; the next goes on."


class AlreadyJoined(CommonsError):
    """A node that has enrolled with another hub."""

    code, status, exit_code = "already_joined", 409, 5
    zh = "节点已加入平台 {hub}。"
    en = "The node has joined {hub} already."


class InvalidHubAddress(CommonsError):
    """What was given as a hub's address and is none."""

    code, status, exit_code = "invalid_hub_address", 422, 5
    zh = "“{hub}”不是平台的网址：{cause}。请写完整，如 https://hub.example.org 或 http://127.0.0.1:8000。"
    en = "“{hub}” is not a hub's address: {cause}. Write all of it, as in https://hub.example.org."


class NotAHub(CommonsError):
    """Somebody answers at the address that one wants to join, and it is no hub."""

    code, status, exit_code = "not_a_hub", 422, 5
    zh = "在 {hub} 答复的不是联盟的平台（{cause}）。请核对网址：门户首页的网址就是平台的网址，端口也要一致。"
    en = "What answers at {hub} is no hub of an alliance ({cause}). Check the address and port."


class OtherOrigin(CommonsError):
    """A hub that goes by another address than the one that was typed: it would refuse what is signed for that."""

    code, status, exit_code = "other_origin", 409, 5
    zh = (
        "平台自己的网址是 {origin}，与您写的 {hub} 不同，按后者签名它不认。"
        "请改用 {origin} 加入；那里连不上，请联盟管理员核对平台的 origin 设置。"
    )
    en = (
        "The hub goes by {origin}, not {hub}, and takes no signature for the latter. Join {origin}; "
        "if that cannot be reached, ask the alliance to check the hub's setting “origin”."
    )


class LogBroken(CommonsError):
    """An audit log that is not what this node saw of it before, or that its hub cannot prove to be."""

    code, status, exit_code = "log_broken", 409, 4
    zh = (
        "平台的审计日志与本节点见证过的对不上：{cause}。本节点不再为它作证，证据存于 {evidence}。"
        "请与联盟管理员和其他成员核对；弄清缘由（如平台从备份恢复）之后，"
        "用 commons-node audit accept --reason 理由 认可。"
    )
    en = (
        "The hub's audit log is not what this node has witnessed: {cause}. The node vouches for it no longer; the "
        "evidence is in {evidence}. Ask the alliance and other members; once the reason is known (such as a restored "
        "backup), accept it with commons-node audit accept --reason REASON."
    )


class UnknownState(CommonsError):
    """A state that no resource can be in."""

    code, status, exit_code = "unknown_state", 422, 5
    zh = "没有状态“{state}”。可用：{known}。"
    en = "There is no state “{state}”. Use one of: {known}."


class InvalidUsage(CommonsError):
    """A command that cannot be understood: an unknown option, or a missing argument."""

    code, status, exit_code = "invalid_usage", 400, 2
    zh = "命令的用法不对：{cause}"
    en = "The command is not understood: {cause}"


class FormTooLarge(CommonsError):
    """A form of the local page with more text, or more files, than it is read for."""

    code, status = "form_too_large", 413
    zh = "填的文字或选的文件太多，没有登记。请返回上一页，把长文另存为文件附上，文件分几件资源登记。"
    en = (
        "There is too much text in the form, or too many files, and nothing was registered. Go back, put long texts "
        "into files, and divide the files among several resources."
    )


class DraftOvertaken(CommonsError):
    """A draft that somebody, in another window, has saved since it was opened here."""

    code, status = "draft_overtaken", 409
    zh = "这份草稿在别的窗口里又改过（{saved} 保存）。这里的改动还没有存，请选一份留下。"
    en = "This draft was changed in another window (saved {saved}). What you changed here is not saved: keep one."


class DraftSpent(CommonsError):
    """A draft of a version that has been registered already."""

    code, status = "draft_spent", 409
    zh = "这件资源已经登记到这一版或更新的一版，不再存草稿。要改，请到它的页面上点“修改”。"
    en = "This version of the resource, or a later one, has been registered: no draft is kept. Edit the resource."


class PieceMisplaced(CommonsError):
    """A piece of a file that does not begin where the file has got to, which is at `received` bytes."""

    code, status = "piece_misplaced", 409
    zh = "文件的这一段接不上：已收到 {received} 字节，请从那里接着传。"
    en = "This piece of the file does not join: {received} bytes are here, go on from there."


class FileIncomplete(CommonsError):
    """A file that was said to be complete and has another number of bytes."""

    code, status = "file_incomplete", 422
    zh = "文件“{name}”应有 {size} 字节，收到 {received} 字节：可能传送时被改动或中断了。请再试一次。"
    en = "The file “{name}” should have {size} bytes and has {received}: it was changed or cut off. Try again."


class DiskFull(CommonsError):
    """A disk with no room for what is to be written."""

    code, status = "disk_full", 507
    zh = "磁盘已满，无法写入 {path}。先前登记的内容都在；请腾出空间，再做一次。"
    en = "The disk is full, {path} cannot be written. What was registered is kept; make room and try again."


class NotWritable(CommonsError):
    """A data folder, or a file in it, that may not be written or opened."""

    code, status = "not_writable", 500
    zh = "无法读写 {path}：{cause}。请检查权限，或用 --data 换一个数据目录。"
    en = "{path} cannot be opened or written: {cause}. Check its permissions, or choose another folder with --data."


class DatabaseDamaged(CommonsError):
    """A database file that is not one any more."""

    code, status = "database_damaged", 500
    zh = (
        "数据库 {path} 已损坏。请恢复备份，再运行 commons-node reconcile；没有备份，就把它移走，依次运行 "
        "commons-node init、join（不用邀请码）和 reconcile，取回已发布的内容。"
    )
    en = (
        "The database {path} is damaged. Restore a backup and run commons-node reconcile; without one, move it away "
        "and run commons-node init, join (no invitation is needed) and reconcile to get back what was published."
    )


class SystemFault(CommonsError):
    """Something that the operating system would not do."""

    code, status = "system_fault", 500
    zh = "系统不能完成这一步（{path}）：{cause}。"
    en = "The system could not do this ({path}): {cause}."


class OutputFailed(CommonsError):
    """An answer that could not be written out."""

    code, status = "output_failed", 500
    zh = "结果无法输出：{cause}。命令要做的已经做完。"
    en = "The result cannot be written out: {cause}. What the command had to do is done."


class PortTaken(CommonsError):
    """An address that another program listens on."""

    code, status, exit_code = "port_taken", 409, 5
    zh = "{address} 已被其他程序占用。请关闭那个程序，或用 --port 换一个端口。"
    en = "Another program listens on {address}. Stop it, or choose another port with --port."


class KeyLocked(CommonsError):
    """A private key under a passphrase that was not given, or not rightly."""

    code, status, exit_code = "key_locked", 403, 4
    zh = "私钥有口令保护，口令不对或没有给出。请设置 COMMONS_NODE_KEY_PASSPHRASE，或在终端里输入口令。"
    en = "The private key needs its passphrase. Set COMMONS_NODE_KEY_PASSPHRASE, or type it at the terminal."


class KeyExposed(CommonsError):
    """A private key that others on this machine can read."""

    code, status, exit_code = "key_exposed", 403, 4
    zh = (
        "私钥文件 {path} 能被别人读取。请运行 chmod 600 {path}；如可能已泄露，再更换密钥（commons-node key rotate）。"
    )
    en = "Others can read the private key {path}. Run chmod 600 {path}; if it may have leaked, rotate it."


class DatabaseFromNewer(CommonsError):
    """A node's database that a newer program has brought up to its own tables."""

    code, status, exit_code = "database_from_newer", 409, 5
    zh = (
        "数据库 {path} 已由新版本的程序升级过（{migration}），本程序读不了，什么都没有改动。"
        "请升级本程序（pip install --upgrade metrology-commons）。"
    )
    en = (
        "The database {path} was upgraded by a newer program ({migration}); this one cannot read it and has changed "
        "nothing. Upgrade this program (pip install --upgrade metrology-commons)."
    )


class NodeInUse(CommonsError):
    """A node whose folder is to be replaced while something works with it."""

    code, status, exit_code = "node_in_use", 409, 5
    zh = (
        "{folder} 的节点正在使用（{cause}），什么都没有改动。"
        "请先停止它（在它的窗口按 Ctrl-C，或 commons-node service remove），再做一次。"
    )
    en = (
        "The node in {folder} is in use ({cause}); nothing was changed. Stop it (Ctrl-C in its window, or "
        "commons-node service remove) and try again."
    )


class RestoreUnfinished(CommonsError):
    """A data folder into which a backup was being restored when that was broken off."""

    code, status, exit_code = "restore_unfinished", 409, 5
    zh = "{folder} 正在恢复备份，或恢复时中断了。请等它做完；已经中断的，再运行一次 commons-node restore。"
    en = (
        "A backup is being restored into {folder}, or that was broken off. Wait for it; if it was broken off, run "
        "“commons-node restore” once more."
    )


class RestoreOverNode(CommonsError):
    """A data folder to restore into that holds a node already."""

    code, status, exit_code = "restore_over_node", 409, 5
    zh = "{folder} 里已有节点，什么都没有改动。确实要用备份代替它，就加上 --force：原来的改名留在该目录里。"
    en = (
        "There is a node in {folder}; nothing was changed. To put the backup in its place add --force: what is there "
        "stays in that folder under another name."
    )


class ServiceImpossible(CommonsError):
    """A service that cannot be set up on this system, or not with these settings."""

    code, status, exit_code = "service_impossible", 409, 5
    zh = "不能安装为服务：{cause}。"
    en = "The node cannot be a service: {cause}."


class ServiceFailed(CommonsError):
    """A step of setting the service up that the system refused."""

    code, status = "service_failed", 500
    zh = (
        "安装服务时有一步没有成功（{command}）：{cause}。"
        "改正之后再安装一次；不要了就运行 commons-node service remove。"
    )
    en = (
        "A step of setting up the service failed ({command}): {cause}. Mend that and install again, or give it up "
        "with commons-node service remove."
    )


class NothingChosen(CommonsError):
    """A deed for several resources, none of which was chosen."""

    code, status, exit_code = "nothing_chosen", 422, 5
    zh = "还没有选中资源。请先选中，再按一次。"
    en = "No resource is selected. Select some first, then press the button again."


class InvitationUnreadable(CommonsError):
    """Something pasted as an invitation in which there is no hub's address, or no token: `cause` says which."""

    code, status, exit_code = "invitation_unreadable", 422, 5
    zh = "{cause}。请把联盟管理员发来的文字整段复制、粘贴过来，里面应有平台的网址和邀请码。"
    en = "{cause}. Copy and paste all of what the alliance's administrator sent: it has the hub's address and a code."


class AccountsNeeded(CommonsError):
    """A page that others are to reach, at a node on which nobody has an account."""

    code, status, exit_code = "accounts_needed", 409, 5
    zh = (
        "网页要让别的电脑打开（{where}），但还没有账号，谁都能进来。"
        "请先建立管理员的账号：commons-node user add 名字 --role manager"
    )
    en = (
        "Others are to reach the page ({where}), but there are no accounts, and anybody could come in. First make an "
        "account for a manager: commons-node user add NAME --role manager"
    )


class AccountNameUnusable(CommonsError):
    """A name that cannot be an account's."""

    code, status, exit_code = "account_name_unusable", 422, 5
    zh = "账号的名字用 1 到 64 个文字、数字或 . _ - @，中间不留空格。"
    en = "The name of an account has 1 to 64 letters, digits or . _ - @, and no blanks."


class AccountExists(CommonsError):
    """A name that another account has."""

    code, status, exit_code = "account_exists", 409, 5
    zh = "账号“{name}”已存在。请换一个名字；要换密码，用 commons-node user password。"
    en = "There is an account “{name}”. Choose another name, or change its password: commons-node user password."


class PasswordTooWeak(CommonsError):
    """A password that is too short, too long, or the name itself."""

    code, status, exit_code = "password_too_weak", 422, 5
    zh = "密码至少 {least} 个字符，最多 {most} 个，不能与名字相同。几个不相干的词连起来就好。"
    en = "A password has {least} to {most} characters and is not the name. A few unrelated words do well."


class LastManager(CommonsError):
    """The only manager's account, while others would be left without one."""

    code, status, exit_code = "last_manager", 409, 5
    zh = "“{name}”是唯一的管理员。请先给别人管理员的角色，或先删除其余账号。"
    en = "“{name}” is the only manager. First make somebody else a manager, or remove the other accounts."
