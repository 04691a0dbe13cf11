import { useReady } from '../frame/ready.js'

/** Stands beside what needs no answer, such as a set-up: the screen is ready at once. */
export function Ready() {
  useReady(true)
  return null
}
