import type { AddTo } from './command.js'

/** The process becomes the server: it reads its settings itself, prints what a newcomer needs and stops on a signal. */
export const addStart: AddTo = (command) => {
  command.action(async () => {
    await import('../main.js')
  })
}
