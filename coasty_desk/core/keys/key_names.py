"""The keys that there are, and every name that models give them.

A canonical name is pyautogui's where it has one (`enter`, `pagedown`, `altright`), or the one
character that the key writes. Spellings are compared in lower case without `_`, `-` and spaces.
"""

from __future__ import annotations

MODIFIERS: tuple[str, ...] = ("ctrl", "ctrlright", "shift", "shiftright", "alt", "altright", "win", "winright")
"""Keys that are held while others are pressed. `altright` is AltGr, `win` the Super or Command key."""

EITHER_SIDE: dict[str, str] = {"ctrlright": "ctrl", "shiftright": "shift", "altright": "alt", "winright": "win"}
"""The modifiers of the right side, as what they are on either."""

PAD: dict[str, str] = {
    **{f"num{n}": str(n) for n in range(10)},
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "decimal": ".",
    "separator": ",",
}
"""The number pad's keys, by what they write. Without Num Lock they move the caret: that too is expected of them."""

_ALIASES: dict[str, str] = {
    # modifiers
    "ctrl": "ctrl control ctl ctrll ctrlleft controll controlleft lctrl lcontrol leftctrl leftcontrol ⌃",
    "ctrlright": "ctrlright ctrlr controlr controlright rctrl rcontrol rightctrl rightcontrol",
    "shift": "shift shiftl shiftleft lshift leftshift shft ⇧",
    "shiftright": "shiftright shiftr rshift rightshift",
    "alt": "alt option opt altl altleft lalt leftalt optionl optionleft loption leftoption ⌥ lmenu metal1",
    "altright": "altright altr altgr altgraph ralt rightalt isolevel3shift modeswitch optionright optionr roption rightoption rmenu",
    "win": "win windows cmd command super meta os hyper winl winleft lwin leftwin superl superleft lsuper leftsuper metal "
    "metaleft lmeta leftmeta cmdl cmdleft commandl commandleft lcommand leftcommand osleft hyperl windowskey winkey start "
    "logo ⌘ ⊞ ❖",
    "winright": "winright winr rwin rightwin superr superright rsuper rightsuper metar metaright rmeta rightmeta cmdr "
    "cmdright commandright commandr rcommand rightcommand osright hyperr",
    # editing and moving
    "enter": "enter return ret kpenter numpadenter numenter newline linefeed cr lf ↵ ⏎ ⌤",
    "tab": "tab tabulator isolefttab kptab ⇥",
    "esc": "esc escape ⎋",
    "space": "space spc spacebar spacekey kpspace ␣",
    "backspace": "backspace bksp bs backspc back ⌫",
    "delete": "delete del kpdelete forwarddelete deleteforward fwddelete numpaddelete suppr ⌦",
    "insert": "insert ins kpinsert",
    "home": "home kphome ⇱ ↖",
    "end": "end kpend ⇲ ↘",
    "pageup": "pageup pgup prior kpprior kppageup pup ⇞",
    "pagedown": "pagedown pgdn pgdown next kpnext kppagedown pdn pagedn ⇟",
    "left": "left arrowleft leftarrow kpleft cursorleft ← ⬅",
    "right": "right arrowright rightarrow kpright cursorright → ➡",
    "up": "up arrowup uparrow kpup cursorup ↑ ⬆",
    "down": "down arrowdown downarrow kpdown cursordown ↓ ⬇",
    # locks and system
    "capslock": "capslock caps capital capslk ⇪",
    "numlock": "numlock num numlk kpnumlock",
    "scrolllock": "scrolllock scrlock scroll scrlk",
    "pause": "pause break pausebreak",
    "printscreen": "printscreen print prtscn prtsc prtscr prntscrn snapshot sysrq sysreq printscrn",
    "apps": "apps app menu contextmenu application applications menukey applicationkey ≣ ▤",
    "help": "help",
    "clear": "clear kpclear ⌧",
    "select": "select",
    "execute": "execute",
    "sleep": "sleep xf86sleep standby",
    # the number pad
    **{f"num{n}": f"num{n} numpad{n} kp{n} keypad{n}" for n in range(10)},
    "add": "add kpadd numpadadd numadd",
    "subtract": "subtract kpsubtract numpadsubtract numsubtract",
    "multiply": "multiply kpmultiply numpadmultiply nummultiply",
    "divide": "divide kpdivide numpaddivide numdivide",
    "decimal": "decimal kpdecimal numpaddecimal numdecimal",
    "separator": "separator kpseparator numpadcomma kpcomma",
    # function keys
    **{f"f{n}": f"f{n} fn{n} function{n}" for n in range(1, 25)},
    # media, browser and launch keys
    "volumemute": "volumemute mediavolumemute mute audiovolumemute xf86audiomute mediamute audiomute",
    "volumedown": "volumedown mediavolumedown audiovolumedown xf86audiolowervolume voldown lowervolume",
    "volumeup": "volumeup mediavolumeup audiovolumeup xf86audioraisevolume volup raisevolume",
    "playpause": "playpause mediaplaypause xf86audioplay mediaplay play xf86audiopause audioplay",
    "nexttrack": "nexttrack mediatracknext medianext xf86audionext medianexttrack audionext",
    "prevtrack": "prevtrack mediatrackprevious mediaprevious mediaprevtrack xf86audioprev previoustrack audioprev",
    "stop": "stop mediastop xf86audiostop audiostop",
    "browserback": "browserback xf86back goback",
    "browserforward": "browserforward xf86forward goforward",
    "browserrefresh": "browserrefresh xf86reload xf86refresh reload refresh",
    "browserstop": "browserstop xf86stop",
    "browsersearch": "browsersearch xf86search",
    "browserfavorites": "browserfavorites xf86favorites",
    "browserhome": "browserhome xf86homepage",
    "launchmail": "launchmail xf86mail mail",
    "launchmediaselect": "launchmediaselect xf86tools launchmediaplayer",
    "launchapp1": "launchapp1 launchapplication1 xf86launch1",
    "launchapp2": "launchapp2 launchapplication2 xf86calculator calculator",
    "brightnessup": "brightnessup xf86monbrightnessup",
    "brightnessdown": "brightnessdown xf86monbrightnessdown",
    # input methods
    "convert": "convert henkan henkanmode",
    "nonconvert": "nonconvert muhenkan",
    "kana": "kana kanamode hiraganakatakana",
    "kanji": "kanji kanjimode zenkakuhankaku",
    "hangul": "hangul hanguel hangulmode lang1",
    "hanja": "hanja hangulhanja hanjamode lang2",
}

_CHARACTERS: dict[str, str] = {
    "+": "plus plussign",
    "-": "minus hyphen dash hyphenminus minussign",
    "=": "equal equals equalsign",
    ",": "comma",
    ".": "period dot fullstop point",
    "/": "slash forwardslash solidus",
    "\\": "backslash reversesolidus intlyen",
    ";": "semicolon",
    ":": "colon",
    "'": "apostrophe quote quoteright singlequote",
    '"': "quotedbl doublequote quotationmark",
    "`": "grave backquote backtick quoteleft graveaccent accentgrave",
    "~": "asciitilde tilde",
    "!": "exclam exclamation exclamationmark exclamationpoint bang",
    "@": "at atsign commercialat",
    "#": "numbersign hash pound sharp hashtag",
    "$": "dollar dollarsign",
    "%": "percent percentsign",
    "^": "asciicircum caret circumflex",
    "&": "ampersand and",
    "*": "asterisk star",
    "(": "parenleft leftparen leftparenthesis openparen",
    ")": "parenright rightparen rightparenthesis closeparen",
    "[": "bracketleft leftbracket openbracket leftsquarebracket",
    "]": "bracketright rightbracket closebracket rightsquarebracket",
    "{": "braceleft leftbrace openbrace leftcurly",
    "}": "braceright rightbrace closebrace rightcurly",
    "|": "bar pipe verticalbar",
    "<": "less lessthan intlbackslash",
    ">": "greater greaterthan",
    "?": "question questionmark",
    "_": "underscore underline",
    "§": "section",
    "€": "eurosign euro",
    "£": "sterling",
    "ß": "ssharp",
    "ä": "adiaeresis",
    "ö": "odiaeresis",
    "ü": "udiaeresis",
    "é": "eacute",
    "ñ": "ntilde",
    **{str(n): f"digit{n}" for n in range(10)},
    **{letter: f"key{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"},
}

PORTABLE: tuple[str, ...] = (
    *("cmdorctrl", "commandorcontrol", "ctrlorcmd", "controlormeta", "controlorcommand"),
    *("mod", "primary"),
)
"""Names for the platform's own shortcut key: Ctrl, unless `chords.shortcut_key` says otherwise."""

NAMED: dict[str, str] = {
    **{spelling: key for key, spellings in _ALIASES.items() for spelling in spellings.split()},
    **dict.fromkeys(PORTABLE, "ctrl"),
}
"""Every spelling of a key that has a name, to its canonical name."""

SPELLED: dict[str, str] = {spelling: key for key, spellings in _CHARACTERS.items() for spelling in spellings.split()}
"""Every spelled-out name of a character, to the character."""

CONTROL: dict[str, str] = {
    "\n": "enter",
    "\r": "enter",
    "\t": "tab",
    "\x1b": "esc",
    "\b": "backspace",
    "\x7f": "delete",
}
"""The keys that control characters in a text are."""

KEYS: tuple[str, ...] = tuple(_ALIASES)
"""Every canonical name that is not a single character."""
