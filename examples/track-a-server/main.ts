// npx tsx examples/track-a-server/main.ts       (after `npm start` in another terminal printed the keys)
import { Touchline } from '@touchline/node'
import { createShop } from './shop.js'

const {
  TOUCHLINE_HOST = 'http://127.0.0.1:8484',
  TOUCHLINE_WRITE_KEY,
  TOUCHLINE_SECRET_KEY,
  PORT = '3000',
} = process.env
if (TOUCHLINE_WRITE_KEY === undefined || TOUCHLINE_SECRET_KEY === undefined) {
  throw new Error(
    'Set TOUCHLINE_WRITE_KEY and TOUCHLINE_SECRET_KEY to the keys that Touchline printed at its start.',
  )
}

// With the secret key, what the server says about people is verified; the tag gets the public write key.
const touchline = new Touchline({
  writeKey: TOUCHLINE_SECRET_KEY,
  host: TOUCHLINE_HOST,
  spool: './data/touchline-spool',
  logger: console,
  onReject: ({ code, message, event }) => console.error('an event was rejected', code, message, event),
})
const shop = createShop({ touchline, touchlineHost: TOUCHLINE_HOST, writeKey: TOUCHLINE_WRITE_KEY })
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void shop.close())
console.log(await shop.listen({ port: Number(PORT) }))
