/** What is wrong with a program beyond its shape: steps that lead nowhere, or round and round; bodies that name what is not there. */
import type { ProgramBody } from '@touchline/schemas/api'
import { problemOfTemplate, type TemplateProblem } from './body-template.js'
import { meant } from '../nearest.js'

type Step = ProgramBody['steps'][number]

/** The first thing that is wrong; undefined: nothing. */
export function problemOfProgram(body: ProgramBody): TemplateProblem | undefined {
  return problemOfSteps(body.steps) ?? problemOfActs(body) ?? problemOfBodies(body.steps)
}

/** Places of the steps that may come after one; the place behind the last step is no step. */
export function nextPlaces(steps: readonly Step[], place: number): number[] {
  const step = steps[place]
  if (step === undefined || 'exit' in step) return []
  if (!('branch' in step)) return [place + 1]
  const placeOf = (id: string) => steps.findIndex((one) => one.id === id)
  return [...step.branch.map(({ to }) => placeOf(to)), placeOf(step.else)]
}

function problemOfSteps(steps: readonly Step[]): TemplateProblem | undefined {
  const ids = steps.map(({ id }) => id)
  for (const [index, step] of steps.entries()) {
    if (!('branch' in step)) continue
    const goals = [
      ...step.branch.map(({ to }, nth) => ({ to, path: ['steps', index, 'branch', nth, 'to'] })),
      { to: step.else, path: ['steps', index, 'else'] },
    ]
    for (const { to, path } of goals) {
      if (!ids.includes(to)) return { path, message: `there is no step ${to}${meant(to, ids)}` }
      if (ids.indexOf(to) <= index)
        return {
          path,
          message: `${to} stands before ${step.id} or is it; steps go forward only, so that each acts once in a run. To begin again let the run end and say reenter`,
        }
    }
  }
  const open = reachable(steps).find((place) => nextPlaces(steps, place).includes(steps.length))
  if (open === undefined) return undefined
  return {
    path: ['steps', open],
    message: `after ${ids[open] ?? ''} comes nothing: the last step must be an exit, such as { "id": "end", "exit": "done" }`,
  }
}

function reachable(steps: readonly Step[]): number[] {
  const seen = new Set<number>([0])
  for (const place of seen)
    for (const next of nextPlaces(steps, place)) if (next < steps.length) seen.add(next)
  return [...seen].sort((a, b) => a - b)
}

/** What is said of an account is said by somebody in it; a program is nobody. */
function problemOfActs({ subject, steps }: ProgramBody): TemplateProblem | undefined {
  const place = steps.findIndex((step) => 'act' in step && 'setTrait' in step.act)
  if (subject === 'person' || place === -1) return undefined
  return {
    path: ['steps', place, 'act', 'setTrait'],
    message: 'sets a trait of a person; subject is account',
  }
}

function problemOfBodies(steps: readonly Step[]): TemplateProblem | undefined {
  for (const [index, step] of steps.entries()) {
    if (!('act' in step)) continue
    const { act } = step
    const problem =
      'webhook' in act && act.body !== undefined
        ? problemOfTemplate(act.body, ['steps', index, 'act', 'body'])
        : 'setTrait' in act
          ? problemOfTemplate(act.setTrait.value, ['steps', index, 'act', 'setTrait', 'value'])
          : undefined
    if (problem !== undefined) return problem
  }
  return undefined
}
