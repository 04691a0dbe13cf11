/**
 * A small shop: its pages carry the browser tag, and its server tells Touchline who logged in and what was bought.
 * `touchlineContext(request)` makes the server's events those of the visitor that the browser tag knows.
 */
import { randomUUID } from 'node:crypto'
import { touchlineContext, type Touchline } from '@touchline/node'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'

// As `npm start` prints it: keeps what a page calls while the script is loading.
const stub =
  '<script>(()=>{let e={_q:[]};"track identify identifyOrReset page group alias reset setUserToken ready flush optIn optOut on anonymousId user".split(" ").forEach(t=>{e[t]=(...o)=>{e._q.push([t,o,[Date.now(),location.href,document.title]])}});let t=window;(t.touchline||{}).track||(t.touchline=e)})();</script>'

export interface ShopOptions {
  touchline: Touchline
  /** Where the browser finds the tag, and sends to. */
  touchlineHost: string
  /** The public key, for the tag. */
  writeKey: string
}

export function createShop({ touchline, touchlineHost, writeKey }: ShopOptions): FastifyInstance {
  // Behind a proxy, set trustProxy: touchlineContext then has the visitor's address and not the proxy's.
  const shop = Fastify()
  const sessions = new Map<string, string>()
  shop.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => {
      done(null, Object.fromEntries(new URLSearchParams(String(body))))
    },
  )
  const userOf = (request: FastifyRequest) => {
    const session = /(?:^|; )session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]
    return session === undefined ? undefined : sessions.get(session)
  }
  const page = (title: string, body: string) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>${title}</title>
    ${stub}
    <script async src="${touchlineHost}/t.js" data-key="${writeKey}"></script>
  </head>
  <body>
    <h1>${title}</h1>
    ${body}
  </body>
</html>`

  shop.get('/', async (_request, reply) => {
    reply.type('text/html')
    return page(
      'Espresso cups',
      `<form method="post" action="/login">
        <input name="email" type="email" placeholder="you@company.com" required />
        <button>Log in</button>
      </form>`,
    )
  })

  shop.post<{ Body: { email: string } }>('/login', async (request, reply) => {
    const { email } = request.body
    // A real shop looks the customer up; its own id is what Touchline knows the person by.
    const userId = `customer-${email.split('@')[0]}`
    const session = randomUUID()
    sessions.set(session, userId)
    touchline.identify({ ...touchlineContext(request), userId, traits: { email } })
    return reply
      .header('set-cookie', `session=${session}; Path=/; HttpOnly; SameSite=Lax`)
      .redirect('/cart', 303)
  })

  shop.get('/cart', async (_request, reply) => {
    reply.type('text/html')
    return page(
      'Your cart',
      '<form method="post" action="/orders"><button>Buy 2 cups for 25 €</button></form>',
    )
  })

  shop.post('/orders', async (request, reply) => {
    const userId = userOf(request)
    if (userId === undefined) return reply.redirect('/', 303)
    const order = { orderId: randomUUID(), total: 25, currency: 'EUR' }
    touchline.track({
      ...touchlineContext(request),
      userId,
      event: 'Order Completed',
      properties: order,
      // The order's own id: should this handler run twice for one order, the event is still one.
      messageId: `order-${order.orderId}`,
    })
    return reply.redirect('/thanks', 303)
  })

  shop.get('/thanks', async (_request, reply) => {
    reply.type('text/html')
    return page('Thank you', '<p>Your cups are on their way.</p>')
  })

  shop.addHook('onClose', async () => {
    await touchline.close()
  })
  return shop
}
