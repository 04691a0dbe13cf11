// What every SDK sends to: takes batches at /…batch…, keeps their bytes, and reads them only when asked, so that
// reading does not compete with the SDK for the processor. Control, on a port of its own:
//     POST /reset?answerAfterMs=50     forget everything
//     POST /down | /up                 refuse connections | take them again, on the same port
//     GET  /progress                   { bodies, lastAt }
//     GET  /counts                     { events, unique, lastAt }
import { createServer } from 'node:http'
import { gunzipSync } from 'node:zlib'

let bodies = []
let lastAt = 0
let answerAfterMs = 0
let port = 0

const makeSink = () =>
  createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const isBatch = request.url.includes('batch')
      const answer = () => {
        if (isBatch) {
          bodies.push(chunks)
          lastAt = Date.now()
        }
        response.setHeader('content-type', 'application/json')
        response.end('{"success":true,"status":1,"accepted":0,"rejected":[]}')
      }
      if (answerAfterMs > 0) setTimeout(answer, answerAfterMs)
      else answer()
    })
  })
let sink = makeSink()

const listen = (server, at) =>
  new Promise((resolve) => server.listen(at, '127.0.0.1', () => resolve(server.address().port)))

function counts() {
  const seen = new Set()
  let events = 0
  for (const chunks of bodies) {
    const raw = Buffer.concat(chunks)
    const { batch } = JSON.parse(raw[0] === 0x1f && raw[1] === 0x8b ? gunzipSync(raw) : raw)
    for (const { properties } of batch) {
      if (properties?.n === undefined) continue
      events += 1
      seen.add(properties.n)
    }
  }
  return { events, unique: seen.size, requests: bodies.length, lastAt }
}

const control = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://control')
  let answer = {}
  if (pathname === '/reset') {
    bodies = []
    lastAt = 0
    answerAfterMs = Number(searchParams.get('answerAfterMs') ?? 0)
  } else if (pathname === '/down') {
    sink.close()
    sink.closeAllConnections()
  } else if (pathname === '/up') {
    sink = makeSink()
    await listen(sink, port)
  } else if (pathname === '/progress') answer = { bodies: bodies.length, lastAt }
  else if (pathname === '/counts') answer = counts()
  response.end(JSON.stringify(answer))
})

port = await listen(sink, 0)
process.send({ port, controlPort: await listen(control, 0) })
process.on('disconnect', () => process.exit())
