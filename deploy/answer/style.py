"""How the page looks: large, high in contrast, by day and by night."""

from hashlib import sha256
from typing import Final

STYLE: Final = """
:root{color-scheme:light dark;--fg:#16191d;--bg:#f4f5f7;--card:#fff;--dim:#59636e;--line:#d5dae0;
--yes:#12703c;--no:#8a5300;--other:#3c4753}
@media (prefers-color-scheme:dark){:root{--fg:#eceff2;--bg:#101316;--card:#1b2025;--dim:#a2adb8;
--line:#37404a;--yes:#1c8a4d;--no:#a06404;--other:#4d5965}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);
font:1.0625rem/1.45 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:34rem;margin:0 auto;background:var(--card);min-height:100vh;padding:0 1.1rem 2rem}
header{margin:0 -1.1rem 1rem;padding:1rem 1.1rem;color:#fff;background:#3c4753}
header.p1{background:#b3141d}header.p2{background:#9a4b00}header.p3{background:#1d5a94}
header.good{background:#12703c}
h1{margin:.1rem 0;font-size:1.5rem;line-height:1.2}
.priority{margin:0;font-weight:700;letter-spacing:.04em}
.who{margin:.3rem 0 0;font-size:1.125rem}
dl{display:grid;grid-template-columns:auto 1fr;gap:.3rem .9rem;margin:0 0 1rem}
dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
.answers,.nobody{margin:0 0 1rem;padding:.7rem .9rem;
border:1px solid var(--line);border-radius:.6rem}
.answers{list-style:none}.answers li+li{margin-top:.3rem}
.over,.wrong{padding:.8rem .9rem;border-radius:.6rem;border:2px solid var(--yes)}
.wrong{border-color:#b3141d;font-weight:600}
label{display:block;margin:0 0 .8rem;font-weight:600}
input,select{display:block;width:100%;margin-top:.25rem;padding:.75rem;font:inherit;font-weight:400;color:inherit;
background:var(--bg);border:1px solid var(--line);border-radius:.6rem}
button{display:block;width:100%;margin:0 0 .7rem;padding:1rem;min-height:3.5rem;border:0;
border-radius:.7rem;font:inherit;font-size:1.2rem;font-weight:700;color:#fff;cursor:pointer}
.yes{background:var(--yes)}.no{background:var(--no)}
.other{background:var(--other);font-size:1.0625rem}
:focus-visible{outline:3px solid #4c9ffe;outline-offset:2px}
summary{padding:.8rem 0;font-weight:600;cursor:pointer}
.small{color:var(--dim);font-size:.9rem}
"""
STYLE_HASH: Final = sha256(STYLE.encode()).digest()  # all that the page may be styled by
