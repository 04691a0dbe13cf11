/** A program of five steps in which three act, and what a receiver saw of it. */
import type { Receiver } from '../receiver.js'
import type { TestServer } from '../server.js'

export const acts = ['a1', 'a2', 'a3']
const act = (id: string) => ({
  id,
  act: { webhook: 'crm', body: { run: '{{run.id}}', step: '{{step.id}}', plan: '{{traits.plan}}' } },
})

/** Entered by a touch of this name, with a wait of so long between acts. */
export const fiveSteps = ({ touch, wait }: { touch: string; wait: string }) => ({
  subject: 'person',
  enter: { touch: { name: touch } },
  steps: [
    act('a1'),
    { id: 'w1', wait },
    act('a2'),
    { id: 'w2', wait },
    act('a3'),
    { id: 'end', exit: 'done' },
  ],
})

/** Saves a definition (`endpoints/crm`). */
export async function define(
  server: Pick<TestServer, 'url' | 'secretKey'>,
  path: string,
  body: object,
): Promise<void> {
  const answer = await fetch(`${server.url}/v1/definitions/${path}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${server.secretKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(await answer.text())
}

/** Ids by run and by step, whatever was answered; throws where one could not be verified. */
export function idsByRun({ received }: Pick<Receiver, 'received'>): Map<string, Map<string, Set<string>>> {
  const runs = new Map<string, Map<string, Set<string>>>()
  for (const { id, body, isVerified } of received) {
    if (!isVerified) throw new Error(`delivery ${id} could not be verified`)
    const [run, step] = [String(body.run), String(body.step)]
    const steps = runs.get(run) ?? new Map<string, Set<string>>()
    runs.set(run, steps)
    steps.set(step, (steps.get(step) ?? new Set()).add(id))
  }
  return runs
}

/** Steps of runs that came under two ids, and runs that lack a step. */
export function faultsIn(receiver: Pick<Receiver, 'received'>, runs: readonly string[]) {
  const seen = idsByRun(receiver)
  return {
    twice: [...seen].flatMap(([run, steps]) =>
      [...steps].flatMap(([step, ids]) => (ids.size > 1 ? [`${run} ${step}`] : [])),
    ),
    missing: runs.flatMap((run) =>
      acts.flatMap((step) => (seen.get(run)?.has(step) === true ? [] : [`${run} ${step}`])),
    ),
  }
}
