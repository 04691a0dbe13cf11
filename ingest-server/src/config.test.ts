import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readConfig, settingNames } from './config.js'

const refusal = (variables: NodeJS.Dict<string>): string => {
  try {
    readConfig(variables)
  } catch (error) {
    return (error as Error).message
  }
  return 'taken'
}

test('each setting has its row in a table of docs/operating.md, and each row is of a setting', () => {
  const page = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8')
  const tables = [...page.matchAll(/^\| variable \|.*\n((?:\|.*\n)+)/gm)]
    .map(([, rows = '']) => rows)
    .join('')
  const told = [...tables.matchAll(/^\| ([^|]*)\|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([A-Z_]+)`/g)].map(([, name = '']) => name),
  )
  const forOperators = settingNames.filter((name) => name !== 'CLOCK_OFFSET_FILE')
  expect(
    forOperators.filter((name) => !told.includes(name)),
    'without a row',
  ).toEqual([])
  expect(
    told.filter((name) => !settingNames.includes(name)),
    'no setting',
  ).toEqual([])
})

describe('a setting that cannot be used is refused with its name, in words', () => {
  test.each([
    [{ PORT: 'http' }, 'PORT: must be a number, not "http".'],
    [{ PORT: '70000' }, 'PORT: must be at most 65535.'],
    [{ PORT: '80.5' }, 'PORT: must be a whole number, not 80.5.'],
    [{ PORT: '0x50' }, 'PORT: must be a number, not "0x50".'],
    [{ PORT: '1e4' }, 'PORT: must be a number, not "1e4".'],
    [{ PORT: ' ' }, 'PORT: must be a number, not " ".'],
    [{ CLICKHOUSE_HTTP_PORT: '8484' }, 'CLICKHOUSE_HTTP_PORT: 8484 is PORT already; choose another.'],
    [
      { CLICKHOUSE_HTTP_PORT: '9420', CLICKHOUSE_TCP_PORT: '9420' },
      'CLICKHOUSE_TCP_PORT: 9420 is CLICKHOUSE_HTTP_PORT already; choose another.',
    ],
    [
      { CLICKHOUSE_URL: 'https://default:s3cret@c:8443' },
      /^CLICKHOUSE_URL: must be https:\/\/host:port alone/,
    ],
    [{ CLICKHOUSE_URL: 'http://c:8123/analytics' }, /^CLICKHOUSE_URL: must be .*CLICKHOUSE_DATABASE/],
    [
      { CLICKHOUSE_URL: 'http://c:8123/?database=analytics' },
      /^CLICKHOUSE_URL: must be .*CLICKHOUSE_DATABASE/,
    ],
    [
      { KAFKA_BROKERS: 'k:9092', KAFKA_USERNAME: 'u', KAFKA_PASSWORD: 'p' },
      /^KAFKA_SASL_MECHANISM: is not set, so KAFKA_USERNAME and KAFKA_PASSWORD would not be sent/,
    ],
    [{ COLLECT_WORKERS: '0' }, 'COLLECT_WORKERS: must be at least 1.'],
    [
      { ROLES: 'collect,stor' },
      'ROLES: must be one of "collect", "store", "stitch", "touchpoints", "engage", "timeline", not "stor".',
    ],
    [{ ROLES: ' , ' }, 'ROLES: must not be empty.'],
    [{ KAFKA_TLS: 'yes' }, 'KAFKA_TLS: must be one of "0", "1", "true", "false", not "yes".'],
    [{ LOG_LEVEL: 'verbose' }, /^LOG_LEVEL: must be one of "trace".* not "verbose"\.$/],
    [{ KAFKA_BROKERS: 'nonsense' }, 'KAFKA_BROKERS: must be host:port, or several with commas between them.'],
    [{ KAFKA_BROKERS: 'kafka:9092,other' }, /^KAFKA_BROKERS: must be host:port/],
    [{ KAFKA_BROKERS: 'kafka://a:9092' }, /^KAFKA_BROKERS: must be host:port/],
    [{ CLICKHOUSE_URL: 'clickhouse:8123' }, /^CLICKHOUSE_URL: must be an address/],
    [{ CLICKHOUSE_URL: 'tcp://clickhouse:9000' }, /^CLICKHOUSE_URL: must be an address/],
    [{ PUBLIC_URL: 'events.example.com' }, /^PUBLIC_URL: must be an address/],
    [{ TRUST_PROXY: '10.0.0.0/8,everybody' }, /^TRUST_PROXY: must be addresses or ranges/],
    [{ TRUST_PROXY: 'true' }, /^TRUST_PROXY: must be addresses or ranges/],
    [{ TOUCHLINE_WRITE_KEY: 'wk 1' }, 'TOUCHLINE_WRITE_KEY: must be 8 to 200 letters, digits, _ or -.'],
    [{ ANALYST_PASSWORD: 'secret' }, 'ANALYST_PASSWORD: must have at least 8 characters.'],
    [{ CLICKHOUSE_CLUSTER: 'a b', CLICKHOUSE_URL: 'http://c:8123' }, /^CLICKHOUSE_CLUSTER: must be up to 64/],
  ])('%j', (variables, words) => {
    expect(refusal(variables)).toMatch(words)
    expect(refusal(variables)).not.toMatch(/Invalid|expected|undefined|NaN/)
  })
})

const nonsense = [
  'foo',
  ' ',
  ',',
  '-1',
  '1e999',
  'http://',
  'https://:x',
  'host:port',
  '[::1',
  '{}',
  '\u{1f600}',
  '%',
  '10GB',
]
test.each(settingNames.flatMap((name) => nonsense.map((value) => [name, value] as [string, string])))(
  '%s=%j is taken, or refused with a name and in words',
  (name, value) => {
    const said = refusal({ [name]: value })
    expect(said).toMatch(/^taken$|^[A-Z_]+: /)
    expect(said).not.toMatch(/Invalid|expected|undefined|NaN/)
  },
)

describe('a variable that looks like a setting and is none is refused with the one that was meant', () => {
  test.each([
    ['CLICKHOUSE_URI', 'CLICKHOUSE_URL'],
    ['CLICKHOUSE_URLS', 'CLICKHOUSE_URL'],
    ['CLICKHOUSE_HOST', 'CLICKHOUSE_URL'],
    ['CLICKHOUSE_USERNAME', 'CLICKHOUSE_USER'],
    ['CLICKHOUSE_PASS', 'CLICKHOUSE_PASSWORD'],
    ['CLICKHOUSE_DB', 'CLICKHOUSE_DATABASE'],
    ['clickhouse_url', 'CLICKHOUSE_URL'],
    ['KAFKA_BROKER', 'KAFKA_BROKERS'],
    ['KAFKA_BOOTSTRAP_SERVERS', 'KAFKA_BROKERS'],
    ['KAFKA_USER', 'KAFKA_USERNAME'],
    ['KAFKA_SASL_MECHANISMS', 'KAFKA_SASL_MECHANISM'],
    ['DATADIR', 'DATA_DIR'],
    ['DATA_DIRS', 'DATA_DIR'],
    ['TRUSTED_PROXY', 'TRUST_PROXY'],
    ['PROJECT_FILE', 'PROJECTS_FILE'],
    ['PUBLIC_URI', 'PUBLIC_URL'],
    ['TOUCHLINE_WRITEKEY', 'TOUCHLINE_WRITE_KEY'],
    ['TOUCHLINE_SECRETKEY', 'TOUCHLINE_SECRET_KEY'],
    ['ANALYST_PASSWROD', 'ANALYST_PASSWORD'],
    ['LOG_MAX_BYTE', 'LOG_MAX_BYTES'],
  ])('%s: %s', (name, meant) => {
    expect(refusal({ [name]: 'x' })).toBe(`${name}: there is no such setting; did you mean ${meant}?`)
  })

  test('one of our own prefix also where none is near', () => {
    expect(refusal({ TOUCHLINE_FAVOURITE_COLOUR: 'red' })).toMatch(/^TOUCHLINE_FAVOURITE_COLOUR: there is no/)
  })

  test('but what a machine has anyway is left alone', () => {
    const variables = {
      ...{
        PATH: '/bin',
        HOME: '/root',
        HOSTNAME: 'box',
        USER: 'x',
        LOGNAME: 'x',
        LANG: 'C',
        PWD: '/',
        SHLVL: '1',
      },
      ...{ NODE_ENV: 'production', NODE_OPTIONS: '', npm_config_port: '1', XDG_DATA_DIRS: '/usr', TERM: 'x' },
      ...{ KAFKA_HOME: '/opt/kafka', KAFKA_OPTS: '-X', KAFKA_HEAP_OPTS: '-X', CLICKHOUSE_CONFIG: '/etc/x' },
      ...{ TOUCHLINE_SERVICE_HOST: '10.0.0.1', TOUCHLINE_SERVICE_PORT_HTTP: '8484' },
      ...{ TOUCHLINE_PORT: 'tcp://10.0.0.1:8484', TOUCHLINE_PORT_8484_TCP_ADDR: '10.0.0.1' },
      ...{ CLICKHOUSE_PORT: 'tcp://10.0.0.2:8123', CLICKHOUSE_PORT_8123_TCP: 'tcp://10.0.0.2:8123' },
      ...{ KAFKA_SERVICE_HOST: '10.0.0.3', KAFKA_PORT: 'tcp://10.0.0.3:9092', DATABASE_URL: 'postgres://x' },
      ...{ TOUCHLINE_HOST: 'http://127.0.0.1:8484', TOUCHLINE_SIGNING_KEY: 'sg_x', CLICKHOUSE_URI: '' },
    }
    expect(refusal(variables)).toBe('taken')
  })

  test('and what is right is taken', () => {
    expect(
      readConfig({
        ...{ TRUST_PROXY: 'loopback, 10.0.0.0/8, ::1, fd00::/8', KAFKA_BROKERS: 'a:9092,[::1]:9093' },
        ...{ PUBLIC_URL: 'https://events.example.com', CLICKHOUSE_URL: 'https://c.example.com:8443' },
      }),
    ).toMatchObject({ TRUST_PROXY: ['loopback', '10.0.0.0/8', '::1', 'fd00::/8'] })
  })
})
