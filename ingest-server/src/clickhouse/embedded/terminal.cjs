/**
 * Gives the engine a terminal for its standard input. ClickHouse's command line ends the whole process at the first
 * connection that fails (a refused login over the native protocol, a header that is too long over HTTP), which
 * anybody on this machine and any page in its browser can bring about, unless it takes itself to be interactive.
 * For that its input must be a terminal. Nothing is ever typed or read there.
 */
'use strict'
const { constants, openSync } = require('node:fs')
const { call, callForText } = require('./libc.cjs')

const standardInput = 0

/** False where there are no pseudo-terminals. */
function takeTerminal() {
  const mode = constants.O_RDWR | constants.O_NOCTTY
  const main = call('posix_openpt', mode)
  if (main < 0 || call('grantpt', main) < 0 || call('unlockpt', main) < 0) return false
  return call('dup2', openSync(callForText('ptsname', main), mode), standardInput) === standardInput
}

module.exports = { takeTerminal }
