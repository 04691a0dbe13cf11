/**
 * Confines this process by Landlock, the Linux security module that needs no root: from here on it opens only the
 * named files and folders, listens only on the named ports and connects nowhere. Plain CommonJS, required
 * synchronously: the confinement holds for the calling thread and for the threads made from it later, and loading an
 * ES module makes the very threads that the engine would run on.
 *
 * It stands behind ClickHouse's own rules: a function or a format that reads or writes files in spite of those finds
 * nothing but the engine's folder.
 */
'use strict'
const { closeSync, constants, existsSync, openSync, promises, statSync } = require('node:fs')
const { call } = require('./libc.cjs')

// The same numbers on every architecture.
const systemCalls = { createRuleset: 444, addRule: 445, restrictSelf: 446 }
const createRulesetVersion = 1
const rulePathBeneath = 1
const ruleNetPort = 2
const setNoNewPrivileges = 38
/** From 2 on files may be moved from folder to folder, which dropping a table does. */
const leastVersion = 2

const bit = (place) => 1n << BigInt(place)
const writeFile = bit(1)
const readFile = bit(2)
const readFolder = bit(3)
const truncate = bit(14)
const bindTcp = 1n
const connectTcp = 2n

/** What a kernel of that Landlock version can hold; rights that it does not know must not be named. */
const folderRights = (version) => bit(version >= 5 ? 16 : version >= 3 ? 15 : 14) - 1n
const portRights = (version) => (version >= 4 ? bindTcp | connectTcp : 0n)

/** What ClickHouse looks at of the machine: its memory, processors and limits; names of hosts and time zones. */
const machine = [
  '/proc/self',
  ...['meminfo', 'stat', 'cpuinfo', 'loadavg', 'uptime', 'sys/vm', 'sys/kernel'].map(
    (name) => `/proc/${name}`,
  ),
  ...['fs/cgroup', 'devices/system', 'block', 'class/thermal', 'kernel/mm'].map((name) => `/sys/${name}`),
  ...['hosts', 'resolv.conf', 'nsswitch.conf', 'host.conf', 'gai.conf', 'services', 'localtime'].map(
    (name) => `/etc/${name}`,
  ),
  ...['/etc/ssl', '/etc/pki', '/usr/share/ca-certificates', '/usr/share/zoneinfo'],
  ...['/lib', '/lib64', '/usr/lib', '/usr/lib64', '/dev/urandom', '/dev/random'],
]

/**
 * `writable` folders with everything beneath them, `readable` files or folders, `ports` to listen on.
 * Returns why nothing was confined, undefined when it was.
 */
function confine({ writable, readable, ports, mayConnect }) {
  if (process.platform !== 'linux') return `no Landlock on ${process.platform}`
  const version = systemCall(systemCalls.createRuleset, 0, 0, createRulesetVersion)
  if (version < leastVersion) return `Landlock ${version < 0 ? 'is off' : 'is too old'} in this kernel`
  const net = mayConnect ? portRights(version) & bindTcp : portRights(version)
  const ruleset = systemCall(
    systemCalls.createRuleset,
    numbers(folderRights(version), ...(version >= 4 ? [net] : [])),
    version >= 4 ? 16 : 8,
    0,
  )
  if (ruleset < 0) return 'Landlock made no rules'
  for (const path of writable) allow(ruleset, path, folderRights(version))
  for (const path of [...readable, ...machine]) allow(ruleset, path, readFile | readFolder)
  allow(ruleset, '/dev/null', readFile | writeFile | (version >= 3 ? truncate : 0n))
  if (version >= 4) {
    for (const port of ports)
      must(systemCall(systemCalls.addRule, ruleset, ruleNetPort, numbers(bindTcp, BigInt(port)), 0))
  }
  must(call('prctl', setNoNewPrivileges, 1, 0, 0, 0))
  must(systemCall(systemCalls.restrictSelf, ruleset, 0))
  closeSync(ruleset)
  return undefined
}

/** Rejects when the threads that the engine will run on are not confined. */
async function checkConfined() {
  const opened = await promises.open('/').catch(() => undefined)
  if (opened === undefined) return
  await opened.close()
  throw new Error('The engine is not confined: its threads were made before Landlock was asked.')
}

function allow(ruleset, path, rights) {
  if (!existsSync(path)) return
  const folder = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const file = readFile | writeFile | truncate
    const rule = Buffer.alloc(12)
    rule.writeBigUInt64LE(statSync(path).isDirectory() ? rights : rights & file, 0)
    rule.writeInt32LE(folder, 8)
    must(systemCall(systemCalls.addRule, ruleset, rulePathBeneath, rule, 0))
  } finally {
    closeSync(folder)
  }
}

function numbers(...values) {
  const buffer = Buffer.alloc(8 * values.length)
  values.forEach((value, index) => buffer.writeBigUInt64LE(value, 8 * index))
  return buffer
}

const systemCall = (number, ...rest) => call('syscall', number, ...rest)

function must(result) {
  if (result < 0) throw new Error('Landlock refused a rule.')
}

module.exports = { checkConfined, confine }
