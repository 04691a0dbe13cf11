import { expect, test } from 'vitest'
import { named, type World } from '../support/world.js'

/** What pages, their old libraries and blockers do to the globals that everybody shares. */
const globals: Readonly<Record<string, string>> = {
  'a fetch that may not be looked at': `Object.defineProperty(window, 'fetch', { get() { throw new Error('no') } })`,
  'texts that JSON writes in another way': `String.prototype.toJSON = function () { return '"' + this + '"' }`,
  'numbers and dates that JSON writes in another way': `Number.prototype.toJSON = Boolean.prototype.toJSON = Date.prototype.toJSON = function () { return '"' + this + '"' }`,
  'enumerable extensions': `Array.prototype.each = function () {}; Object.prototype.extend = function () {}`,
  'a bind of its own': `Function.prototype.bind = function (self) { const run = this; return function () { return run.apply(self, arguments) } }`,
  'no matches and closest': `delete Element.prototype.matches; delete Element.prototype.closest`,
  'no randomUUID': `delete Crypto.prototype.randomUUID`,
  'no crypto': `Object.defineProperty(window, 'crypto', { value: undefined })`,
  'chance that is none': `Math.random = () => 0.5`,
  'a clock that stands still': `const now = Date.now(); Date.now = () => now`,
  'no URL': `window.URL = undefined; window.URLSearchParams = undefined`,
  'promises of old': `delete Promise.prototype.finally; delete Promise.allSettled; delete Promise.any`,
  'a localStorage without methods': `Object.defineProperty(window, 'localStorage', { value: {} })`,
  'no localStorage': `Object.defineProperty(window, 'localStorage', { value: null })`,
  'locks that refuse': `navigator.locks && (LockManager.prototype.request = () => Promise.reject(new Error('no')))`,
  'no locks': `Object.defineProperty(navigator, 'locks', { value: undefined })`,
  'cookies that may not be looked at': `Object.defineProperty(Document.prototype, 'cookie', { get() { throw new Error('no') }, set() { throw new Error('no') } })`,
  'no performance': `Object.defineProperty(window, 'performance', { value: undefined })`,
  'a frozen history': `Object.freeze(history); Object.freeze(History.prototype)`,
  'frozen prototypes': `[Object, Array, Function, Promise, String].forEach((one) => Object.freeze(one.prototype))`,
  'no sendBeacon': `delete Navigator.prototype.sendBeacon`,
  'no observers': `delete window.MutationObserver; delete window.PerformanceObserver; delete window.IntersectionObserver`,
  'an addEventListener that forgets its options': `const add = EventTarget.prototype.addEventListener; EventTarget.prototype.addEventListener = function (type, run) { return add.call(this, type, run) }`,
  'no BroadcastChannel and no structuredClone': `delete window.BroadcastChannel; delete window.structuredClone`,
  'an element of our name': `document.addEventListener('readystatechange', () => { const it = document.createElement('div'); it.id = 'touchline'; document.documentElement.append(it) }, { once: true })`,
  'fields named as parts of the document': `document.addEventListener('readystatechange', () => { const it = document.createElement('div'); it.innerHTML = '<form name=title></form><form name=cookie></form><form name=referrer></form><form name=hidden></form><form name=documentElement></form><form name=head></form><form name=currentScript></form><form name=visibilityState></form>'; document.documentElement.append(it) }, { once: true })`,
}
/** Nothing can be sent on these pages: the next one does. */
const mute = new Set(['a fetch that may not be looked at'])
/** What the smallest build does by code of its own. */
const ofCore = [
  'a fetch that may not be looked at',
  'texts that JSON writes in another way',
  'numbers and dates that JSON writes in another way',
  'no crypto',
  'no localStorage',
  'frozen prototypes',
  'an element of our name',
]

export function hostileGlobalCases(world: () => World): void {
  test.each([
    ...Object.keys(globals).map((what) => ['plain', what]),
    ...ofCore.map((what) => ['core', what]),
  ] as [string, string][])('%s: a page with %s loses nothing and breaks nothing', async (build, what) => {
    const { arrived, profile, visit } = world()
    const context = await profile()
    const opened = await visit('elsewhere', { context })
    await opened.page.addInitScript(globals[what] ?? '')
    await opened.page.goto(world().site.url(`${build}/${opened.run}`))
    await opened.page.evaluate(`void touchline.track('Survives', { text: 'a', list: ['b', 1] })`)
    expect(await opened.page.evaluate(`touchline.flush().then(() => 1 + 1)`)).toBe(2)
    expect(opened.complaints.filter((text) => text.startsWith('threw'))).toEqual([])
    if (mute.has(what)) {
      await opened.page.close()
      await visit(build, { context, run: opened.run })
    }
    const events = await arrived(opened.run, (all) => all.some(named('Survives')))
    expect(events.filter(named('Survives')).map(({ properties }) => properties)).toEqual([
      { text: 'a', list: ['b', 1] },
    ])
  })
}
