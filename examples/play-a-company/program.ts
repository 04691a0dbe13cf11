/**
 * One program at work: a small endpoint of this process takes its deliveries and checks each with the published package
 * of Standard Webhooks. Printed are how many wait where, and what came.
 */
import { readFileSync } from 'node:fs'
import { createServer, type Server as HttpServer } from 'node:http'
import { Webhook } from 'standardwebhooks'
import { askFor, send, type Server } from './server-calls.js'

const signing = JSON.parse(readFileSync(new URL('./demo-secret.json', import.meta.url), 'utf8')) as {
  name: string
  secret: string
}
/** What the server signs with for the demo's project, and in which variable it has it (scripts/start.mjs); no secret at all. */
export const demoSecret = signing.secret
export const demoSecretName = signing.name

interface Program {
  waiting: number
  done: number
  exited: number
  steps: { step: string; does: string; waiting: number }[]
}
interface Members {
  rows: { subject: string }[]
}
interface Timeline {
  touchpoints: { person: string }[]
}

const program = {
  name: 'After the demo request',
  subject: 'person',
  enter: { touch: { name: 'Demo Request Submitted' } },
  goal: { touch: { name: 'Deal Won' } },
  steps: [
    {
      id: 'tell-sales',
      act: {
        webhook: 'demo',
        body: { who: '{{person.id}}', title: '{{traits.title}}', last: '{{touch.name}}' },
      },
    },
    {
      id: 'technical',
      branch: [{ when: { trait: 'title', op: 'in', value: ['CTO', 'VP Engineering'] }, to: 'two-weeks' }],
      else: 'three-days',
    },
    { id: 'three-days', wait: '3d' },
    { id: 'remind', act: { webhook: 'demo', body: { who: '{{person.id}}', text: 'three days later' } } },
    { id: 'two-weeks', waitUntil: { touch: { page: '*/docs*' }, within: '14d' }, timeout: '14d' },
    { id: 'end', exit: 'done' },
  ],
}

const programPath = '/v1/programs/after-demo-request'
const peopleOfProgram = 20
const maxLooks = 30

/** Who is in it already; else people whom the demo does not show, for what is sent to somebody stands on their timeline. */
async function subjectsOf(server: Server, shown: readonly string[]): Promise<string[]> {
  const before = await askFor<Members>(server, `${programPath}/runs?limit=${peopleOfProgram}`)
  if (before.rows.length > 0) return before.rows.map(({ subject }) => subject)
  const spared = new Set<string>()
  for (const path of shown)
    for (const { person } of (await askFor<Timeline>(server, path)).touchpoints) spared.add(person)
  const { rows } = await askFor<Members>(server, '/v1/segments/silent-after-demo/members?limit=1000')
  const members = rows.map(({ subject }) => subject).filter((subject) => !spared.has(subject))
  return members.sort().slice(0, peopleOfProgram)
}

/** Lines to print. The same people enter once, however often the demo is played; `shown` are paths of timelines that stay as they are. */
export async function programAtWork(server: Server, shown: readonly string[]): Promise<string[]> {
  const endpoint = await startEndpoint()
  try {
    await send(server, {
      method: 'PUT',
      path: '/v1/definitions/endpoints/demo',
      body: { url: endpoint.url, secret: `env:${demoSecretName}` },
    })
    await send(server, { method: 'PUT', path: '/v1/definitions/programs/after-demo-request', body: program })
    const subjects = await subjectsOf(server, shown)
    const { entered } = await send<{ entered: unknown[] }>(server, {
      method: 'POST',
      path: `${programPath}/enter`,
      body: { subjects },
    })
    let now = await askFor<Program>(server, programPath)
    const isUnderWay = () => endpoint.taken.size < entered.length || goesOnAtOnce(now)
    for (let looks = 0; looks < maxLooks && isUnderWay(); looks += 1) {
      await new Promise((resolve) => setTimeout(resolve, 500))
      now = await askFor<Program>(server, programPath)
    }
    return [
      `A program at work: ${program.name} (${now.waiting} wait, ${now.done} are through, ${now.exited} left early).`,
      ...now.steps.map(
        ({ step, does, waiting }) =>
          `  ${step.padEnd(12)} ${does.padEnd(10)} ${String(waiting).padStart(3)} wait here`,
      ),
      `  ${endpoint.taken.size} deliveries came to ${endpoint.url}, ${endpoint.verified()} of them verified by standardwebhooks.`,
      ...(endpoint.taken.size === 0 && entered.length > 0
        ? [`  They are signed with ${demoSecretName}=${demoSecret}: set it where the server runs.`]
        : []),
    ]
  } finally {
    endpoint.close()
  }
}

/** Somebody stands at a step that waits for nothing: the next look of the server moves them on. */
const goesOnAtOnce = ({ steps }: Program): boolean =>
  steps.some(({ does, waiting }) => waiting > 0 && !does.startsWith('wait'))

async function startEndpoint() {
  const webhook = new Webhook(demoSecret)
  const taken = new Map<string, boolean>()
  const http: HttpServer = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      taken.set(
        String(request.headers['webhook-id']),
        isSigned(webhook, Buffer.concat(chunks).toString(), request.headers),
      )
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const address = http.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}/hook`,
    taken,
    verified: () => [...taken.values()].filter(Boolean).length,
    close() {
      http.close()
      http.closeAllConnections()
    },
  }
}

function isSigned(webhook: Webhook, body: string, headers: NodeJS.Dict<string | string[]>): boolean {
  try {
    webhook.verify(body, headers as Record<string, string>)
    return true
  } catch {
    return false
  }
}
