// What is asked of a page, in a world of its own: the page neither sees it nor can change what it uses.
(() => {
  const MOST = 500, LONGEST = 200, CLICKABLE = 'a[href], button, input:not([type=hidden]), select, textarea, summary, label[for], ' +
    '[onclick], [contenteditable=""], [contenteditable=true], [tabindex]:not([tabindex="-1"]), ' +
    '[role=button], [role=link], [role=checkbox], [role=radio], [role=tab], [role=menuitem], [role=option], [role=switch], ' +
    '[role=textbox], [role=combobox], [role=searchbox], [role=slider]'
  let listed = []

  const short = (text, most = LONGEST) => String(text ?? '').replace(/\s+/g, ' ').trim().slice(0, most)

  // Every tree that may be looked into: the document, its open shadows, the frames of its own origin; each with where its frame is.
  function* trees(root = document, x = 0, y = 0, depth = 0) {
    yield { root, x, y }
    if (depth > 8) return
    for (const each of root.querySelectorAll('*')) {
      if (each.shadowRoot) yield* trees(each.shadowRoot, x, y, depth + 1)
      if (each.tagName === 'IFRAME' || each.tagName === 'FRAME') {
        let inner = null
        try { inner = each.contentDocument } catch { /* of another origin */ }
        if (inner) {
          const box = each.getBoundingClientRect()
          yield* trees(inner, x + box.left + each.clientLeft, y + box.top + each.clientTop, depth + 1)
        }
      }
    }
  }

  function offset(element) {
    let x = 0, y = 0
    for (let frame = element.ownerDocument.defaultView?.frameElement; frame; frame = frame.ownerDocument.defaultView?.frameElement) {
      const box = frame.getBoundingClientRect()
      x += box.left + frame.clientLeft
      y += box.top + frame.clientTop
    }
    return { x, y }
  }

  function shown(element) {
    if (!element.isConnected || !element.getClientRects().length) return false
    const style = element.ownerDocument.defaultView.getComputedStyle(element)
    const box = element.getBoundingClientRect()
    return style.visibility === 'visible' && box.width > 0 && box.height > 0
  }

  const type = element => (element.getAttribute('type') || '').toLowerCase()

  function label(element) {
    const by = (element.getAttribute('aria-labelledby') || '').split(/\s+/).filter(Boolean)
      .map(id => element.ownerDocument.getElementById(id)?.textContent).join(' ')
    const pressed = ['button', 'submit', 'reset'].includes(type(element)) ? element.value : ''
    return short(element.getAttribute('aria-label')) || short(by) || short(element.innerText) || short(pressed) ||
      short(element.labels?.[0]?.innerText) || short(element.placeholder) || short(element.getAttribute('title')) ||
      short(element.getAttribute('alt') || element.querySelector?.('img[alt]')?.alt) || short(element.name)
  }

  function selector(element) {
    const parts = []
    for (let at = element; at && at.nodeType === 1 && parts.length < 6; at = at.parentElement) {
      if (at.id && at.getRootNode().querySelectorAll('#' + CSS.escape(at.id)).length === 1) {
        parts.unshift('#' + CSS.escape(at.id))
        return parts.join(' > ')
      }
      const same = at.parentElement ? [...at.parentElement.children].filter(each => each.tagName === at.tagName) : []
      parts.unshift(at.tagName.toLowerCase() + (same.length > 1 ? `:nth-of-type(${same.indexOf(at) + 1})` : ''))
    }
    return parts.join(' > ')
  }

  function* every(css) {
    for (const { root } of trees()) yield* root.querySelectorAll(css)
  }

  function find(asked) {
    if (asked.index !== null) {
      const found = listed[asked.index]
      if (!found) throw new Error(`there is no element ${asked.index} in the list that browser_get_clickables gave last`)
      if (!found.isConnected) throw new Error(`element ${asked.index} is not on the page any more`)
      return found
    }
    if (asked.selector !== null) {
      let any = null
      try {
        document.querySelector(asked.selector)
      } catch {
        throw new Error('that is no CSS selector')
      }
      for (const each of every(asked.selector)) {
        any ??= each
        if (shown(each)) return each
      }
      return any
    }
    const wanted = short(asked.text).toLowerCase()
    let near = null
    for (const each of every(CLICKABLE)) {
      if (!shown(each)) continue
      const name = label(each).toLowerCase()
      if (name === wanted) return each
      if (name.includes(wanted)) near ??= each
    }
    return near
  }

  function at(x, y) {
    let root = document, found = null
    for (;;) {
      const next = root.elementFromPoint(x, y)
      if (!next || next === found) return found
      found = next
      if (found.shadowRoot) {
        root = found.shadowRoot
      } else if (found.tagName === 'IFRAME') {
        try {
          if (!found.contentDocument) return found
        } catch {
          return found
        }
        const box = found.getBoundingClientRect()
        x -= box.left + found.clientLeft
        y -= box.top + found.clientTop
        root = found.contentDocument
      } else return found
    }
  }

  const within = (outer, inner) => {
    for (let each = inner; each; each = each.parentNode || each.host) if (each === outer) return true
    return false
  }

  const told = element => `<${element.tagName.toLowerCase()}${element.id ? ' id=' + short(element.id, 40) : ''}>`

  // Where to click it: scrolled into view, and at a point where nothing else lies over it.
  function point(asked) {
    const element = find(asked)
    if (!element) return null
    element.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' })
    if (!shown(element)) throw new Error(`${told(element)} is on the page but not shown`)
    const out = offset(element)
    let over = null
    for (const box of element.getClientRects()) {
      for (const [right, down] of [[0.5, 0.5], [0.25, 0.5], [0.75, 0.5], [0.5, 0.25], [0.5, 0.75], [0.1, 0.1], [0.9, 0.9]]) {
        const x = out.x + box.left + box.width * right, y = out.y + box.top + box.height * down
        if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) continue
        const top = at(x, y)
        if (top && (within(element, top) || top.closest?.('label')?.control === element)) {
          return { x, y, element: told(element), text: label(element), disabled: element.matches(':disabled') }
        }
        over ??= top
      }
    }
    throw new Error(`${told(element)} is covered` + (over ? ` by ${told(over)}` : ', or outside of the window'))
  }

  // What typing into it means.
  function field(asked) {
    const element = find(asked)
    if (!element) return null
    if (element.matches(':disabled') || element.readOnly) throw new Error(`${told(element)} takes no text: it is disabled or for reading only`)
    if (element.tagName === 'SELECT') return 'choice'
    if (element.tagName === 'TEXTAREA' || element.isContentEditable) return 'text'
    if (element.tagName !== 'INPUT') throw new Error(`${told(element)} takes no text`)
    if (['date', 'time', 'datetime-local', 'month', 'week', 'color', 'range'].includes(element.type)) return 'value'
    if (['checkbox', 'radio', 'button', 'submit', 'reset', 'image', 'file'].includes(element.type)) {
      throw new Error(`${told(element)} takes no text: it is of the type ${element.type}`)
    }
    return 'text'
  }

  function changed(element) {
    element.dispatchEvent(new Event('input', { bubbles: true, composed: true }))
    element.dispatchEvent(new Event('change', { bubbles: true }))
  }

  function choose(asked, text) {
    const element = find(asked), wanted = short(text).toLowerCase()
    const options = [...element.options].filter(each => !each.disabled)
    const found = options.find(each => short(each.label).toLowerCase() === wanted) ?? options.find(each => each.value === text)
    if (!found) throw new Error(`it has no such choice; it has: ${options.slice(0, 20).map(each => short(each.label, 40)).join(', ')}`)
    element.focus()
    if (!element.multiple) element.value = found.value
    found.selected = true
    changed(element)
  }

  function put(asked, text) {
    const element = find(asked)
    element.focus()
    element.value = text
    if (element.value !== text) throw new Error(`it does not take that value; a ${element.type} is written as ${
      { date: '2026-12-31', time: '23:59', 'datetime-local': '2026-12-31T23:59', month: '2026-12', week: '2026-W53', color: '#00ff00' }[element.type] ?? 'a number in its range'}`)
    changed(element)
  }

  function focused() {
    let found = document.activeElement
    for (;;) {
      if (found?.shadowRoot?.activeElement) found = found.shadowRoot.activeElement
      else {
        let inner = null
        try { inner = found?.contentDocument?.activeElement } catch { /* of another origin */ }
        if (!inner) return found
        found = inner
      }
    }
  }

  // The caret to the end of what has the focus; with `all`, all of it chosen. False where nothing takes text, as far as is known.
  function caret(all) {
    const element = focused()
    if (!element || element === document.body && !element.isContentEditable) return false
    if (element.tagName === 'IFRAME') return true
    if (element.isContentEditable) {
      const chosen = element.ownerDocument.getSelection()
      chosen.selectAllChildren(element)
      if (!all) chosen.collapseToEnd()
      return true
    }
    if (element.tagName !== 'INPUT' && element.tagName !== 'TEXTAREA') return element !== document.body
    if (all) element.select()
    else try { element.setSelectionRange(element.value.length, element.value.length) } catch { /* a number, an address */ }
    return true
  }

  function clickables(most) {
    listed = []
    const items = []
    let total = 0
    for (const { root, x, y } of trees()) {
      for (const each of root.querySelectorAll(CLICKABLE)) {
        if (!shown(each)) continue
        total += 1
        if (listed.length >= Math.min(most, MOST)) continue
        const box = each.getBoundingClientRect()
        const item = {
          index: listed.push(each) - 1, tag: each.tagName.toLowerCase(), text: label(each), selector: selector(each),
          x: Math.round(x + box.left + box.width / 2), y: Math.round(y + box.top + box.height / 2),
          width: Math.round(box.width), height: Math.round(box.height),
        }
        if (each.getAttribute('role')) item.role = short(each.getAttribute('role'), 40)
        if (each.tagName === 'INPUT') item.type = each.type
        if (each.href) item.href = String(each.href).slice(0, 500)
        if (each.tagName === 'TEXTAREA' || each.tagName === 'SELECT' || each.tagName === 'INPUT' && each.type !== 'password') item.value = short(each.value)
        if (each.type === 'checkbox' || each.type === 'radio') item.checked = each.checked
        if (each.matches(':disabled')) item.disabled = true
        item.in_view = item.x >= 0 && item.y >= 0 && item.x < innerWidth && item.y < innerHeight
        items.push(item)
      }
    }
    return { items, total }
  }

  function content(css, form, most) {
    const element = css === null ? document.documentElement : find({ index: null, selector: css })
    if (!element) return null
    const whole = form === 'text' ? (element.innerText ?? element.textContent ?? '') : element.outerHTML
    return { text: whole.slice(0, most), total: whole.length }
  }

  const scrolled = () => {
    const all = document.scrollingElement ?? document.documentElement
    return { x: Math.round(scrollX), y: Math.round(scrollY), width: innerWidth, height: innerHeight,
      page_width: all.scrollWidth, page_height: all.scrollHeight }
  }

  function is(asked, state) {
    if (asked.text !== null && asked.selector === null) {
      const there = (document.body?.innerText ?? '').toLowerCase().includes(asked.text.toLowerCase())
      return state === 'hidden' || state === 'detached' ? !there : there
    }
    const element = find(asked)
    const text = element && asked.text !== null ? (element.innerText ?? '').toLowerCase().includes(asked.text.toLowerCase()) : true
    switch (state) {
      case 'attached': return !!element && text
      case 'detached': return !element
      case 'hidden': return !element || !shown(element)
      default: return !!element && shown(element) && text
    }
  }

  const drawn = () => new Promise(done => {
    const late = setTimeout(done, 300) // a page that nobody sees draws nothing
    requestAnimationFrame(() => requestAnimationFrame(() => { clearTimeout(late); done() }))
  })

  const named = () => ({ url: location.href.slice(0, 8192), title: document.title.slice(0, 1000) })

  globalThis.coastyDesk = { named, point, field, choose, put, caret, clickables, content, scrolled, is, drawn }
})()
