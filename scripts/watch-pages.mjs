import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/**
 * Builds the Explorer's pages, and again when one of its files is saved, until the process that it returns is ended. That
 * is vite itself: `npm run` hands no signal on, and vite would go on without its parent.
 */
export const watchPages = (options = []) =>
  spawn(
    process.execPath,
    [join(root, 'node_modules/vite/bin/vite.js'), 'build', '--watch', '--mode', 'development', ...options],
    { cwd: join(root, 'explorer'), stdio: ['ignore', 'ignore', 'inherit'] },
  )
