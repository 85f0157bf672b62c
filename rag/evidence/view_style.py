"""The style sheet of a pack's page: system fonts, light and dark, and a form for print."""

STYLE = """
:root { color-scheme: light dark; --ink: #1c1b19; --soft: #5c5852; --paper: #fdfcfa;
  --line: #d9d4cb; --mark: #fbe9a9; --link: #164b8b }
@media (prefers-color-scheme: dark) { :root { --ink: #ece8e1; --soft: #b0a99d; --paper: #1a1917;
  --line: #45413b; --mark: #5c4a10; --link: #9ec5ff } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.55 Charter, Georgia, "Times New Roman", serif }
main { max-width: 44rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; overflow-wrap: anywhere }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 1rem }
h2 { font-size: 1.05rem; margin: 2rem 0 .5rem }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem }
p { margin: .5rem 0 }
a { color: var(--link) }
.told { font-size: 1.15rem }
.note, dt, .quote > p { color: var(--soft) }
.note, dl, .quote > p { font-size: .9375rem }
blockquote { margin: .5rem 0; padding: .1rem 0 .1rem 1rem; white-space: pre-wrap;
  border-inline-start: 3px solid var(--line); color: var(--soft) }
mark { background: var(--mark); color: var(--ink); padding: .05em 0 }
.quote h2 { margin-bottom: .25rem }
code { font: .8125rem/1.4 ui-monospace, Menlo, Consolas, monospace }
.code { font: .75em ui-monospace, Menlo, Consolas, monospace; border: 1px solid; padding: 0 .2em }
dl { margin: .25rem 0 } dl div { padding: .2rem 0 } dd { margin: 0 }
@media (min-width: 40rem) { dl div { display: grid; grid-template-columns: 11rem 1fr; gap: 1rem } }
@page { margin: 2cm }
@media print { :root { --ink: #000; --soft: #333; --paper: #fff; --line: #999; --link: #000 }
  main { max-width: none; padding: 0 } section { break-inside: avoid-page }
  mark { background: none; font-weight: bold } a { text-decoration: none } }
"""
