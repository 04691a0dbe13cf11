/**
 * The inline stub: keeps calls, with the time and the page that each had, until the SDK is there. It is read by
 * nobody but boot.ts. Minified it stands in the page's head, before everything else.
 */
const stub: Record<string, unknown> & { _q: unknown[]; track?: unknown } = { _q: [] }

'track identify identifyOrReset page group alias reset setUserToken ready flush optIn optOut on anonymousId user'
  .split(' ')
  .forEach((verb) => {
    stub[verb] = (...args: unknown[]) => {
      stub._q.push([verb, args, [Date.now(), location.href, document.title]])
    }
  })

// A second snippet leaves the first one's stub, or what it has become.
const globals = window as unknown as Record<string, { track?: unknown } | undefined>
if (!(globals.touchline || {}).track) globals.touchline = stub

export {}
