/** Programs with people in them: one whose endpoint takes what it is sent, one whose endpoint is not there. */
import { demoSecretName, programAtWork } from '../../../examples/play-a-company/program.js'
import { askFor, send } from '../../../examples/play-a-company/server-calls.js'
import { freePort, until, type TestServer } from '../../../test-support/server.js'

export { demoSecret, demoSecretName } from '../../../examples/play-a-company/program.js'

const nudge = {
  name: 'Nudge <b>佐藤</b>',
  subject: 'person',
  enter: { touch: { name: 'Demo Request Submitted' } },
  steps: [
    { id: 'tell', act: { webhook: 'crm', body: { who: '{{person.id}}' } } },
    { id: 'end', exit: 'done' },
  ],
}

/** The server knows `demoSecretName`, and the demo was told to it. */
export async function putProgramsToWork({ url, secretKey }: TestServer): Promise<void> {
  const server = { url, secretKey }
  await programAtWork(server, [])
  const crm = { url: `http://127.0.0.1:${await freePort()}/hook`, secret: `env:${demoSecretName}` }
  await send(server, { method: 'PUT', path: '/v1/definitions/endpoints/crm', body: crm })
  await send(server, { method: 'PUT', path: '/v1/definitions/programs/nudge', body: nudge })
  const { rows } = await askFor<{ rows: { subject: string }[] }>(
    server,
    '/v1/segments/silent-after-demo/members?limit=3',
  )
  const subjects = rows.map(({ subject }) => subject)
  await send(server, { method: 'POST', path: '/v1/programs/nudge/enter', body: { subjects } })
  await until(
    async () => {
      const tried = await askFor<{ rows: { attempts: number }[] }>(server, '/v1/deliveries?endpoint=crm')
      return tried.rows.filter(({ attempts }) => attempts > 0).length === subjects.length || undefined
    },
    { what: 'a try of each delivery' },
  )
}
