// One SDK in a process of its own, so that its memory and its end are its own.
//     node run-sdk.mjs '{ "sdk", "host", "events", "perSecond"?, "spoolDir"? }'
// Without perSecond as fast as it goes, 1,000 calls between turns of the event loop. Reports by IPC: enqueued, then drained.
import { sdks } from './sdks.mjs'

const options = JSON.parse(process.argv[2])
const { track, drain } = (await sdks[options.sdk](options))(options.host)

const event = (n) => ({
  userId: `user-${n % 5_000}`,
  event: 'Order Completed',
  properties: {
    n,
    orderId: `order-${n}`,
    total: Math.round(n * 117) / 100,
    currency: 'EUR',
    coupon: null,
    products: [{ sku: `sku-${n % 97}`, name: 'Espresso cup', price: 12.5, quantity: 2 }],
  },
  context: {
    ip: '203.0.113.7',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0',
  },
})

const startedAt = Date.now()
let enqueueMs = 0
/** Tracks up to `count` more events and adds the time that the calls took. */
function trackSome(first, count) {
  const start = performance.now()
  const end = Math.min(first + count, options.events)
  for (let n = first; n < end; n += 1) track(event(n))
  enqueueMs += performance.now() - start
  return end
}

// Without a turn of the event loop now and then, some SDKs would not send a single event in their time.
const [count, wait] =
  options.perSecond === undefined
    ? [1_000, () => new Promise(setImmediate)]
    : [options.perSecond / 50, () => new Promise((resolve) => setTimeout(resolve, 20))]
for (let n = 0; n < options.events;) {
  n = trackSome(n, count)
  await wait()
}
process.send({ step: 'enqueued', startedAt, enqueueMs })
await drain().catch(() => undefined)
process.send({ step: 'drained' })
// Some SDKs go on sending after their flush; the parent ends this process once nothing arrives any more.
setInterval(() => undefined, 60_000)
