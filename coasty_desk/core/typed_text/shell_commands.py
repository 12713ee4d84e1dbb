"""What typed shell commands do: read word by word, once from left to right, whatever stands in them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from coasty_desk.core.typed_text.folding import disguised

REMOVES, OVERWRITES, ELEVATES, ENDS, RUNS = "removes", "overwrites", "elevates", "ends", "downloads and runs"
PUBLISHES = "publishes"

LONGEST = 20_000
"""Characters of a line that is read; a longer one is told apart by nobody."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_TOKENS = re.compile(r"[\n;&|()`{}]|[<>]+|[^\s;&|()`{}<>]+")
_NAMES = re.compile(r"[^\w.+-]+")
"""What lies between the names in one word: `a=/bin/rm` names `a`, `bin` and `rm`."""

_ENDS_A_COMMAND = frozenset("\n;&|()`{}")
_QUOTES = {ord(quote): None for quote in "\\'\"^"}
"""r\\m, "rm" and r^m are rm to a shell."""

_WORDS = {
    REMOVES: "rm rmdir shred srm wipefs deltree remove-item clear-content clear-disk dropdb userdel deluser groupdel delgroup vgremove lvremove "
    "pvremove trash-empty trash-put flushall flushdb delete-keychain",
    OVERWRITES: "mkfs fdisk sfdisk diskpart parted mkswap format-volume blkdiscard luksformat setfacl efibootmgr grub-install bcdedit",
    ELEVATES: "sudo doas pkexec runas gsudo sudoedit visudo su-exec",
    ENDS: "killall pkill xkill taskkill poweroff loginctl stop-process stop-computer restart-computer kill-process",
    RUNS: "iex invoke-expression",
}
_ANYWHERE = {word: what for what, words in _WORDS.items() for word in words.split()}
"""Names that are commands wherever they stand."""

_HEADS = {
    REMOVES: "del unlink truncate rd ri nix-collect-garbage",
    OVERWRITES: "mv cp scp tee rsync chattr gzip bzip2 xz nvram",
    ENDS: "shutdown reboot halt logout umount swapoff rmmod fuser gnome-session-quit xfce4-session-logout mate-session-save",
    ELEVATES: "passwd chpasswd usermod ssh-copy-id setenforce csrutil spctl set-executionpolicy",
    PUBLISHES: "sendmail mailx mutt",
}
_AS_HEAD = {word: what for what, words in _HEADS.items() for word in words.split()}
"""Names that are English words too: only where a shell takes a word for a command."""

_BEFORE = frozenset(
    [
        "sudo",
        "doas",
        "env",
        "xargs",
        "nohup",
        "time",
        "exec",
        "command",
        "then",
        "do",
        "else",
        "if",
        "while",
        "until",
        "nice",
        "ionice",
        "setsid",
        "stdbuf",
        "timeout",
        "watch",
        "call",
        "start",
    ]
)
"""After these another command follows, with options of theirs between."""

_MANAGERS = frozenset(
    [
        "apt",
        "apt-get",
        "aptitude",
        "dnf",
        "yum",
        "zypper",
        "pacman",
        "brew",
        "port",
        "pip",
        "pip3",
        "pipx",
        "npm",
        "pnpm",
        "yarn",
        "snap",
        "flatpak",
        "winget",
        "choco",
        "scoop",
        "gem",
        "cargo",
    ]
)
_TAKES_AWAY = frozenset(["remove", "purge", "uninstall", "autoremove", "rm", "erase"])
_GETS = frozenset(["curl", "wget", "iwr", "irm", "invoke-webrequest", "invoke-restmethod", "fetch", "aria2c"])
_RUNNERS = frozenset(
    [
        "sh",
        "bash",
        "zsh",
        "dash",
        "ksh",
        "fish",
        "python",
        "python2",
        "python3",
        "perl",
        "ruby",
        "node",
        "php",
        "pwsh",
        "powershell",
        "source",
        "eval",
        ".",
    ]
)
_SHELL_LIKE = frozenset(
    [
        "echo",
        "cat",
        "printf",
        "ls",
        "grep",
        "sed",
        "awk",
        "sort",
        "head",
        "tail",
        "curl",
        "wget",
        "git",
        "find",
        "dir",
        "type",
        "set",
    ]
)


class _Word(Struct):
    text: str
    names: tuple[str, ...]
    command: int
    """Which command of the line it is in."""
    head: bool
    """Whether a shell takes it for a command."""


def what_it_does(line: str) -> str:
    """What a line does that a person should see first (REMOVES, OVERWRITES, …); empty where it is harmless as far as can be told."""
    if len(line) > LONGEST:
        return RUNS
    bare = disguised(line.replace("\\\n", "").replace("${IFS}", " ").replace("$IFS", " ").translate(_QUOTES))
    tokens = _TOKENS.findall(bare)
    words = list(_words(tokens))
    found = set(filter(None, map(_of_a_word, words)))
    for command in _commands(words):
        found.update(_of_a_command(command))
    found.update(_of_the_line(bare, tokens, words))
    return next((what for what in (REMOVES, OVERWRITES, ELEVATES, ENDS, RUNS, PUBLISHES) if what in found), "")


def _words(tokens: list[str]) -> Iterator[_Word]:
    command, head = 0, True
    for token in tokens:
        if token in _ENDS_A_COMMAND:
            command, head = command + 1, True
            continue
        if token[0] in "<>":
            continue
        names = tuple(name.strip(".") or name for name in _NAMES.split(token) if name)
        yield _Word(token, names, command, head)
        if head and not _goes_on(token, names):
            head = False


def _goes_on(token: str, names: tuple[str, ...]) -> bool:
    """Whether the next word may be a command too: after `sudo`, after `A=1`, after an option of either."""
    assigned = "=" in token[1:] and token[0].isalpha()
    return assigned or token[0] in "-!$" or token.isdecimal() or (bool(names) and names[-1] in _BEFORE)


def _commands(words: list[_Word]) -> Iterator[list[_Word]]:
    one: list[_Word] = []
    for word in words:
        if one and word.command != one[-1].command:
            yield one
            one = []
        one.append(word)
    if one:
        yield one


def _of_a_word(word: _Word) -> str:
    for name in word.names:
        if name in _ANYWHERE:
            return _ANYWHERE[name]
        if name.startswith("mkfs."):
            return OVERWRITES
    return ""


class _Rest(Struct, frozen=True):
    """What follows a word in its command. Asked in no time, however many words there are."""

    at: int
    texts: list[str]
    last: dict[str, int]
    """Where a word, an option's letter (`-r`) or a beginning (`of=…`) is last."""
    plain: list[str]
    """The first word from each place on that is no option, nor the value of Git's."""

    def __bool__(self) -> bool:
        return self.at + 1 < len(self.texts)

    @property
    def following(self) -> str:
        return self.texts[self.at + 1] if self else ""

    @property
    def doing(self) -> str:
        """The first of the next words that is no option, nor the value of Git's `-C` or `-c`."""
        return self.plain[self.at + 1]

    def has(self, *texts: str) -> bool:
        return any(self.last.get(text, -1) > self.at for text in texts)


def _of_a_command(words: list[_Word]) -> Iterator[str]:
    texts = [word.text for word in words]
    plain = [""] * (len(texts) + 2)
    for at in reversed(range(len(texts))):
        plain[at] = plain[at + (2 if texts[at] == "-c" else 1)] if texts[at].startswith("-") else texts[at]
    last = {mark: at for at, text in enumerate(texts) for mark in _marks(text)}
    for at, word in enumerate(words):
        rest, name = _Rest(at, texts, last, plain), word.names[-1] if word.names else word.text
        yield _of_a_name(name, rest)
        if word.head:
            yield _of_a_head(name, rest)


def _marks(text: str) -> Iterator[str]:
    yield text
    if text.startswith("-") and not text.startswith("--"):
        yield from {f"-{letter}…" for letter in text[1:20]}
        yield f"{text[:2]}…first"
    if text.startswith("of="):
        yield "of=…"


def _of_a_head(name: str, rest: _Rest) -> str:
    if name in _AS_HEAD and (rest or _AS_HEAD[name] in (ENDS, ELEVATES)):
        return _AS_HEAD[name]
    if name == "su" and (
        len(rest.texts) - rest.at < 3 or rest.has("-c…", "--command") or rest.following.startswith("-")
    ):
        return ELEVATES
    if name in _PROGRAMS:
        verbs = {part for text in rest.texts[rest.at + 1 :][:_VERBS_WITHIN] for part in _verbs(text)}
        verbs &= {"delete"} if name in _ALSO_ENGLISH else verbs
        found = next((what for what, known in _VERBS.items() if verbs & known), "")
        if found:
            return found
    if name in ("curl", "http", "https", "xh", "wget") and _SENDING & {*rest.texts[rest.at + 1 :]}:
        return PUBLISHES
    overwrites = (
        (name == "ln" and rest.has("-f…", "--force"))
        or (name == "install" and rest.following.startswith("-"))
        or (name in ("sed", "perl", "ruby", "awk", "gawk") and rest.has("-i…", "--in-place"))
        or (name in ("iptables", "ip6tables", "nft") and rest.has("-f", "-x", "flush", "delete"))
        or (name == "unzip" and rest.has("-o…"))
        or (name == "tar" and rest.has("--remove-files"))
        or (
            name in ("dpkg", "rpm", "emerge")
            and rest.has("-r", "-e", "-p", "-c", "--purge", "--remove", "--erase", "--unmerge")
        )
    )
    return OVERWRITES if overwrites else ""


_PROGRAMS = _set(
    "aws gcloud gsutil bq az gh glab hub heroku vercel netlify firebase flyctl doctl npm pnpm yarn bun cargo poetry gem composer "
    "twine conda mamba pyenv rbenv nvm rclone restic borg virsh vboxmanage vagrant minikube kind k3d kubectl oc helm docker docker-compose "
    "podman nerdctl terraform tofu pulumi cdk svn hg gio nmcli btrfs zfs zpool lvm launchctl vssadmin wbadmin schtasks sc net "
    "netsh defaults tmutil diskutil dconf gsettings ufw ip ifconfig route nmtui systemctl loginctl gpg redis-cli "
    "mongosh mongo"
)
"""Commands of commands: what they do is one of the next words."""

_ALSO_ENGLISH = _set("net kind route defaults sc")
"""Of which these begin a sentence now and then, that goes on with another verb than `delete`."""

_VERBS_WITHIN = 12
_VERBS: dict[str, frozenset[str]] = {
    REMOVES: _set(
        "delete del remove rm rb rmi destroy purge erase uninstall undefine unregistervm forget prune drop dropdatabase wipe unpublish "
        "terminate reset strip trash down flush flushall flushdb expire delete-key erasedisk clean truncate"
    ),
    ENDS: _set("stop kill disable drain unload off"),
    PUBLISHES: _set("publish upload push merge"),
}

_INTERPRETERS = _set("python python2 python3 perl ruby node deno bun php lua osascript pwsh powershell")
_CODE = frozenset(["-c", "-e", "-r", "--eval", "--execute", "-command"])
_UNDOING = _set(
    "remove removedirs unlink rmtree rmdir rmsync rm unlinksync rmdirsync delete truncate system popen subprocess exec execsync spawn "
    "spawnsync empty"
)
"""What code on a command line calls to take something away, or to run something."""

_SENDING = _set(
    "-x -xdelete -xpost -xput -xpatch --request -d --data --data-binary --form -t --upload-file --post-data --post-file"
) | {
    *("delete", "post", "put", "patch"),
}


def _verbs(text: str) -> Iterator[str]:
    """`terminate-instances`, `apps:destroy` and `/delete` say what they do in a part of the word; of options only those that say it whole."""
    if text.startswith("-"):
        yield text.lstrip("-") if text.startswith("--") else ""
    else:
        yield text.lstrip("/")
        yield from re.split(r"[-:/.()]", text)


_LOSES: dict[str, tuple[str, ...]] = {
    "find": ("-delete",),
    "crontab": ("-r…",),
    "reg": ("delete",),
    "kubectl": ("delete",),
    "helm": ("uninstall", "delete"),
    "gh": ("delete",),
    "gcloud": ("delete",),
    "az": ("delete",),
    "docker": ("rmi", "prune"),
    "podman": ("rmi", "prune"),
    "terraform": ("destroy",),
    "tofu": ("destroy",),
    "zfs": ("destroy",),
    "zpool": ("destroy",),
    **dict.fromkeys(_MANAGERS, tuple(_TAKES_AWAY)),
    "pass": ("rm",),
    "pacman": ("-r…first", *_TAKES_AWAY),
}
_LOSES_NEXT: dict[str, tuple[str, ...]] = {
    "drop": ("table", "database", "schema", "index", "view", "user", "role", "collection"),
    "delete": ("from",),
    "truncate": ("table",),
    "make": ("clean", "distclean", "uninstall"),
}
_GIT_TAKES = ("clean", "push", "restore", "filter-branch", "filter-repo", "rm")
_GIT_LOSES: dict[str, tuple[str, ...]] = {
    "reset": ("--hard",),
    "checkout": ("-f…", "--force", "--", "."),
    "branch": ("-d…", "--delete"),
    "stash": ("drop", "clear"),
    "tag": ("-d…", "--delete"),
    "reflog": ("expire", "delete"),
    "worktree": ("remove", "prune"),
    "remote": ("remove", "rm"),
    "update-ref": ("-d…",),
}


def _of_a_name(name: str, rest: _Rest) -> str:
    following = rest.following
    if rest.has(*_LOSES.get(name, ())) or following in _LOSES_NEXT.get(name, ()):
        return REMOVES
    match name:
        case "git" if rest.doing in _GIT_TAKES or rest.has(*_GIT_LOSES.get(rest.doing, ())):
            return REMOVES
        case "erase" | "trash" if any(mark in following for mark in "/:*."):
            return REMOVES
        case "format" if following[1:2] == ":" and following[0].isalpha():
            return OVERWRITES
        case "history" if rest.has("-c…first"):
            return REMOVES
        case "rclone" if rest.has("sync", "move"):
            return OVERWRITES
        case "terraform" | "tofu" | "pulumi" if following in ("apply", "up"):
            return OVERWRITES
        case "crontab" if following and following != "-l":
            return OVERWRITES
        case "service" if rest.texts[rest.at + 2 : rest.at + 3] == ["stop"]:
            return ENDS
        case "modprobe" if rest.has("-r…"):
            return ENDS
        case "nc" | "ncat" | "netcat" if rest.has("-e…", "-c…"):
            return RUNS
        case "net" if rest.has("/add"):
            return ELEVATES
        case "dd" if rest.has("of=…"):
            return OVERWRITES
        case "chmod" | "chown" | "chgrp" | "icacls" | "takeown" if following:
            return OVERWRITES
        case "kill" if following[:1] and (following[0] in "-%$" or following[0].isdecimal()):
            return ENDS
        case "init" | "telinit" if following in ("0", "6"):
            return ENDS
        case "systemctl" if rest.has("stop", "disable", "mask", "poweroff", "reboot", "halt", "kill"):
            return ENDS
        case "powershell" | "pwsh" if rest.has("-e…first"):
            return RUNS
    return ""


def _of_the_line(bare: str, tokens: list[str], words: list[_Word]) -> Iterator[str]:
    if _redirects(bare, words):
        yield OVERWRITES
    if ":(){" in bare.replace(" ", ""):
        yield ENDS
    if "/dev/tcp/" in bare:
        yield RUNS
    names = [set(word.names) | {word.text} for word in words]
    code = next(
        (at for at, word in enumerate(words) if word.head and word.names and word.names[-1] in _INTERPRETERS),
        len(words),
    )
    if any(word.text in _CODE for word in words[code : code + 5]):
        called = {part for all_of_it in names[code:] for name in all_of_it for part in name.split(".")}
        if called & _UNDOING:
            yield REMOVES
    getting = next((at for at, all_of_it in enumerate(names) if all_of_it & _GETS), None)
    if getting is None:
        decodes = next((at for at, all_of_it in enumerate(names) if all_of_it & {"base64", "xxd"}), len(names))
        if "|" in tokens and any(word.head and set(word.names) & _RUNNERS for word in words[decodes + 1 :]):
            yield RUNS
        return
    # what is got is run: by what is behind it, or by what it is handed to
    before = any(all_of_it & _RUNNERS for all_of_it in names[:getting]) and set(tokens) & {"(", "`"}
    behind = any(word.head and set(word.names) & _RUNNERS for word in words[getting + 1 :])
    if before or behind or (len({word.command for word in words[getting:]}) > 1 and set(tokens) & {";", "&"}):
        yield RUNS


def _redirects(bare: str, words: list[_Word]) -> bool:
    """Whether something is written over: `> file`, but not `5 > 3`, `<b>bold` or `2>/dev/null`."""
    shell = any(word.head and set(word.names) & _SHELL_LIKE for word in words)
    at = bare.find(">")
    while at >= 0:
        end = at + 1
        while bare[end : end + 1] in (">", "|"):
            end += 1
        before = bare[at - 1] if at else " "
        free = before.isspace() or before == "&" or (before.isdecimal() and (at == 1 or bare[at - 2].isspace()))
        if (free or shell) and before not in "-=<" and _is_a_file(bare[end : end + 80].lstrip(" \t")):
            return True
        at = bare.find(">", end)
    return False


def _is_a_file(text: str) -> bool:
    target = text.split(maxsplit=1)[0] if text.split() else ""
    known = target in ("/dev/null", "nul", "$null") or target[:1] == "&"
    return bool(target) and not known and not target.isdecimal() and (target[0].isalnum() or target[0] in "_./~$-")
