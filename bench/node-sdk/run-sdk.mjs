// One SDK in a process of its own, so that its memory and its end are its own.
//     node run-sdk.mjs '{ "sdk", "host", "events", "perSecond"?, "spoolDir"? }'
// Without perSecond all events are tracked in one loop. Reports by IPC: enqueued, then drained.
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
const start = performance.now()
if (options.perSecond === undefined) {
  for (let n = 0; n < options.events; n += 1) track(event(n))
} else {
  const stepMs = 20
  const each = (options.perSecond * stepMs) / 1_000
  for (let n = 0; n < options.events;) {
    for (let i = 0; i < each && n < options.events; i += 1, n += 1) track(event(n))
    await new Promise((resolve) => setTimeout(resolve, stepMs))
  }
}
process.send({ step: 'enqueued', startedAt, enqueueMs: performance.now() - start })
await drain().catch(() => undefined)
process.send({ step: 'drained' })
// Some SDKs go on sending after their flush; the parent ends this process once nothing arrives any more.
setInterval(() => undefined, 60_000)
