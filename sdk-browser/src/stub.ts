/**
 * The inline stub: keeps calls, with the time and the page that each had, until the SDK is there. It is read by
 * nobody but boot.ts. Minified it stands in the page's head, before everything else.
 */
const stub: Record<string, unknown> & { _q: unknown[] } = { _q: [] }

'track identify identifyOrReset page group alias reset setUserToken ready flush optIn optOut on anonymousId user'
  .split(' ')
  .forEach((verb) => {
    stub[verb] = (...args: unknown[]) => {
      stub._q.push([verb, args, [Date.now(), location.href, document.title]])
    }
  })

;(window as unknown as Record<string, unknown>).touchline = stub

export {}
