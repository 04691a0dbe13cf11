/** What a timeline shows of a delivery that was taken: a touch that goes outward. */
import type { Waiting } from './read.js'

export interface OutboundTouch {
  project: string
  /** messageId: the same for the same delivery, so that it is shown once. */
  id: string
  person: string
  name: string
  endpoint: string
  program: string
  step: string
  at: number
}

export function touchOf(
  { project, id, touch, endpoint, run, step, source }: Waiting,
  at: number,
): OutboundTouch[] {
  if (source !== 'program' || touch === undefined || touch.person === '') return []
  const [program = ''] = run.split(':')
  return [{ project, id, person: touch.person, name: touch.name, endpoint, program, step, at }]
}
