/** One line in the console for the first mistake of a developer: a key that is missing or that the server does not take. */
import { on } from '../base/hooks.js'
import { options } from '../options/options.js'
import type { Feature } from './feature.js'
import { warn } from '../base/warn.js'

export const refusedKey: Feature = () => {
  let isSaid: unknown
  on('drop', ({ reason }) => {
    if (isSaid || !/40[13]/.test(reason as string)) return
    isSaid = 1
    warn(`key ${options.key} refused, ${reason}`)
  })
}
