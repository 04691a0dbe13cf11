/**
 * A real Kafka for tests: the one that KAFKA_BROKERS names, else brokers started here from Maven Central's
 * artifacts (mvn, Java 17), else none, with the reason. Jars and formatted folders are kept in `.cache/kafka`.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import kafkajs from 'kafkajs'
import { freePort, until } from './server.js'

const run = promisify(execFile)
const pom = fileURLToPath(new URL('./kafka-pom.xml', import.meta.url))
const cache = fileURLToPath(new URL('../.cache/kafka-4.4.0', import.meta.url))
const jars = join(cache, 'lib')
const clusterId = 'dG91Y2hsaW5lLXRlc3RzMA'

export interface TestBroker {
  readonly address: string
  readonly pid: number
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>
  /** SIGSTOP: the sockets stay open and nothing answers. Resolves when the process stands still. */
  pause(): Promise<void>
  /** SIGCONT. */
  resume(): void
  /** Starts it again after a kill, on the same port and folder; resolves when it answers. */
  restart(): Promise<void>
}

export interface TestKafka {
  /** `host:port` of each broker. */
  readonly brokers: string[]
  /** Empty for a cluster that KAFKA_BROKERS names: that one is not ours to kill. */
  readonly nodes: readonly TestBroker[]
  stop(): Promise<void>
}

/** Undefined when a Kafka can be had here, else why not. Downloads the artifacts the first time (some 45 MB). */
export async function whyNoKafka(): Promise<string | undefined> {
  if (process.env.KAFKA_BROKERS !== undefined) return undefined
  try {
    const { stderr } = await run('java', ['-version'])
    const major = Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0)
    if (major < 17) return `Kafka needs Java 17, this is ${major}`
    await fetchJars()
    return undefined
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n')
    return `no Kafka: KAFKA_BROKERS is not set, and a broker of our own needs mvn and Java 17 (${line})`
  }
}

/** One broker, or the cluster that KAFKA_BROKERS names. `brokers: 3` always starts a replicated cluster of its own. */
export async function startKafka({ brokers = 1 }: { brokers?: number } = {}): Promise<TestKafka> {
  const named = process.env.KAFKA_BROKERS
  if (named !== undefined && brokers === 1)
    return { brokers: named.split(','), nodes: [], stop: () => Promise.resolve() }
  await fetchJars()
  const dir = mkdtempSync(join(tmpdir(), 'touchline-kafka-'))
  const nodes: TestBroker[] = []
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.kill()))
    rmSync(dir, { recursive: true, force: true })
  }
  try {
    const ports = await Promise.all(
      Array.from({ length: brokers }, async (_, index) => ({
        id: index + 1,
        client: await freePort(),
        controller: await freePort(),
      })),
    )
    await Promise.all(ports.map(({ id }) => formattedFolder(id)))
    for (const port of ports) nodes.push(startBroker(dir, port, ports))
    await untilAnswering(
      nodes.map((node) => node.address),
      brokers,
    )
  } catch (error) {
    await stop()
    throw error
  }
  return { brokers: nodes.map((node) => node.address), nodes, stop }
}

interface Ports {
  id: number
  client: number
  controller: number
}

function startBroker(dir: string, own: Ports, all: readonly Ports[]): TestBroker {
  const folder = join(dir, `broker-${own.id}`)
  const properties = join(dir, `broker-${own.id}.properties`)
  cpSync(join(cache, `formatted-${own.id}`), folder, { recursive: true })
  writeFileSync(properties, serverProperties(own, all, folder))
  const address = `127.0.0.1:${own.client}`
  let java = spawnBroker(properties)
  return {
    address,
    get pid() {
      return java.pid()
    },
    async kill() {
      java.signal('SIGKILL')
      java.letGo()
      await java.ended
    },
    async pause() {
      java.signal('SIGSTOP')
      await until(() => isStopped(java.pid()), { what: 'the broker to stand still' })
    },
    resume: () => java.signal('SIGCONT'),
    async restart() {
      java = spawnBroker(properties)
      await untilAnswering([address], 1)
    },
  }
}

/**
 * The broker under a shell that ends it when this process is gone, however that ends: fd 3 is a pipe that we
 * hold open. The shell prints the broker's pid and lives exactly as long as the broker.
 */
function spawnBroker(properties: string) {
  const script = `java "$@" & broker=$!; echo $broker; (cat >/dev/null; kill -9 $broker) <&3 >/dev/null 2>&1 & wait $broker`
  const flags = ['-Xms256m', '-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
  const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'
  const main = ['-cp', `${jars}/*`, 'kafka.Kafka', properties]
  const shell: ChildProcess = spawn('sh', ['-c', script, 'sh', ...flags, quiet, ...main], {
    stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
  })
  let printed = ''
  shell.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  const letGo = () => {
    const lifeline = shell.stdio[3]
    if (lifeline && 'destroy' in lifeline) lifeline.destroy()
  }
  const ended = new Promise<void>((resolve) => {
    shell.once('exit', () => {
      letGo()
      resolve()
    })
  })
  const pid = () => Number.parseInt(printed, 10)
  return {
    pid,
    ended,
    letGo,
    signal(name: NodeJS.Signals) {
      if (shell.exitCode !== null || Number.isNaN(pid())) return
      try {
        process.kill(pid(), name)
      } catch {
        // It ended by itself in the meantime; `ended` tells.
      }
    },
  }
}

async function isStopped(pid: number): Promise<true | undefined> {
  const { stdout } = await run('ps', ['-o', 'state=', '-p', String(pid)])
  return stdout.trim().startsWith('T') ? true : undefined
}

async function untilAnswering(brokers: string[], count: number): Promise<void> {
  const { Kafka, logLevel } = kafkajs
  const kafka = new Kafka({
    brokers,
    logLevel: logLevel.NOTHING,
    connectionTimeout: 1_000,
    requestTimeout: 2_000,
    retry: { retries: 0 },
  })
  await until(
    async () => {
      const admin = kafka.admin()
      try {
        await admin.connect()
        const cluster = await admin.describeCluster()
        return cluster.controller !== null && cluster.brokers.length >= count ? true : undefined
      } finally {
        await admin.disconnect()
      }
    },
    { timeoutMs: 60_000, everyMs: 100, what: `Kafka at ${brokers.join()} to answer` },
  )
}

/** Each step ends with a rename, so that test files that start at the same time do not see half of it. */
async function fetchJars(): Promise<void> {
  if (existsSync(jars)) return
  const partial = join(cache, `lib-${process.pid}-${Date.now()}`)
  mkdirSync(partial, { recursive: true })
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'
  const options = ['-DincludeScope=runtime', `-DoutputDirectory=${partial}`]
  await run('mvn', ['-B', '-ntp', '-q', '-f', pom, goal, ...options], { timeout: 300_000 })
  keep(partial, jars)
}

async function formattedFolder(id: number): Promise<void> {
  const formatted = join(cache, `formatted-${id}`)
  if (existsSync(formatted)) return
  const partial = join(cache, `formatted-${id}-${process.pid}-${Date.now()}`)
  mkdirSync(partial, { recursive: true })
  const properties = `${partial}.properties`
  const ports = { id, client: 19_092, controller: 19_093 }
  writeFileSync(properties, serverProperties(ports, [ports], partial))
  const flags = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', `${jars}/*`]
  const format = ['format', '-t', clusterId, '-c', properties, '--ignore-formatted']
  await run('java', [...flags, 'kafka.tools.StorageTool', ...format])
  rmSync(properties)
  keep(partial, formatted)
}

function keep(partial: string, final: string): void {
  try {
    renameSync(partial, final)
  } catch (error) {
    rmSync(partial, { recursive: true, force: true })
    if (!existsSync(final)) throw error
  }
}

/** Short sessions, so that a broker's death is noticed in seconds; small pools, because many run side by side. */
function serverProperties(own: Ports, all: readonly Ports[], folder: string): string {
  const replication = Math.min(3, all.length)
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': own.id,
    'controller.quorum.voters': all.map(({ id, controller }) => `${id}@127.0.0.1:${controller}`).join(),
    listeners: `PLAINTEXT://127.0.0.1:${own.client},CONTROLLER://127.0.0.1:${own.controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${own.client}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': folder,
    'auto.create.topics.enable': false,
    'min.insync.replicas': Math.min(2, replication),
    'offsets.topic.num.partitions': 1,
    'offsets.topic.replication.factor': replication,
    'transaction.state.log.num.partitions': 1,
    'transaction.state.log.replication.factor': replication,
    'transaction.state.log.min.isr': Math.min(2, replication),
    'share.coordinator.state.topic.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': replication,
    'share.coordinator.state.topic.min.isr': Math.min(2, replication),
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1_000,
    'broker.session.timeout.ms': 1_500,
    'broker.heartbeat.interval.ms': 300,
    'log.cleaner.dedupe.buffer.size': 4_194_304,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'background.threads': 2,
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}
