/** Subjects fall into slots; a lease says which process does the work of a slot, so that one alone acts on a subject. */
import { slotOf } from '../projections/leases.js'

export const programSlots = 16
export const slotOfSubject = (project: string, subject: string): number =>
  slotOf(`${project}\n${subject}`, programSlots)
