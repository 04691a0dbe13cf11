/**
 * The last bytes of a minified script: which of its names and which order of its declarations gzip packs best is found by
 * trying. The same script always gives the same result, for chance is a fixed sequence. Nothing but names that are bound
 * inside the script, and the order of functions that are declared and not yet called, is touched.
 *
 * The search takes half a minute, so what it found stands in found.json, which is committed: only who changes a script
 * waits for it.
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { deflateRawSync } from 'node:zlib'
import { analyze } from 'eslint-scope'
import { parse } from 'espree'
import pako from 'pako'

/**
 * Bytes of the longer of two: Node's zlib is Chromium's and looks for matches otherwise than `gzip` and everybody else's,
 * which pako is. What is better than `best` in the first alone is no better.
 */
function bytesOf(code, best = Infinity) {
  const bytes = deflateRawSync(code, { level: 9 }).length
  return bytes > best ? bytes : Math.max(bytes, pako.deflateRaw(code, { level: 9 }).length)
}
const letters = [...'etoranislcdupmgfhbvwykxjqzABCDEFGHIJKLMNOPQRSTUVWXYZ$_']
const parsed = (code) => parse(code, { ecmaVersion: 2020, range: true })

/** A sequence of numbers below `n`, always the same. */
function createChance() {
  let state = 1
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
}

const foundFile = new URL('found.json', import.meta.url)

/** `name` is whose result is kept; `orders` and `names` are how often each is tried. */
export function shortest(code, { name, orders, names }) {
  const hash = createHash('sha256').update(`${orders} ${names} ${code}`).digest('hex').slice(0, 32)
  const all = JSON.parse(readFileSync(foundFile, 'utf8'))
  const known = all[name]?.hash === hash ? all[name] : undefined
  const ordered = bestOrder(code, { steps: orders, known: known?.order })
  const named = bestNames(ordered.text, { steps: names, known: known?.names })
  if (known === undefined) {
    const found = { ...all, [name]: { hash, order: ordered.order, names: named.names } }
    writeFileSync(foundFile, `${JSON.stringify(found)}\n`)
  }
  return named.text
}

/** Exchanges two declarations of the outermost `let` where that makes the script no longer. */
function bestOrder(code, { steps, known }) {
  const chance = createChance()
  const { expression } = parsed(code).body[0]
  const { body } = (expression.argument ?? expression).callee.body
  const { declarations } = body.find(({ type }) => type === 'VariableDeclaration')
  // What is evaluated at once comes last, in its order, so that everything it calls is there.
  const isMovable = ({ init }) => [undefined, 'ArrowFunctionExpression', 'Literal'].includes(init?.type)
  const movable = declarations.filter(isMovable)
  const fixed = declarations.filter((one) => !isMovable(one))
  const order = known ?? movable.map((_, index) => index)
  const parts = [...order.map((index) => movable[index]), ...fixed].map(({ range }) => code.slice(...range))
  const before = code.slice(0, declarations[0].range[0])
  const after = code.slice(declarations.at(-1).range[1])
  const text = () => before + parts.join(',') + after
  let best = bytesOf(text())
  for (let step = 0; known === undefined && step < steps; step++) {
    const [a, b] = [chance(movable.length), chance(movable.length)]
    const exchange = () => {
      for (const list of [parts, order]) [list[a], list[b]] = [list[b], list[a]]
    }
    exchange()
    const bytes = bytesOf(text(), best)
    if (bytes <= best) best = bytes
    else exchange()
  }
  return { text: text(), order }
}

/** Gives one variable another name, and its name to those in its way, where that makes the script no longer. */
function bestNames(code, { steps, known }) {
  const chance = createChance()
  const { variables, conflicts, taken } = variablesOf(code)
  const names = known ?? variables.map(({ name }) => name)
  const free = letters.filter((letter) => !taken.has(letter))
  const text = writerOf(code, variables, names)
  let best = bytesOf(code)
  for (let step = 0; known === undefined && step < steps; step++) {
    const one = chance(variables.length)
    // The first letters are those that the script has most of.
    const name = free[chance(chance(2) ? 16 : free.length)]
    const before = names[one]
    if (name === before) continue
    const others = [...conflicts[one]].filter((other) => names[other] === name)
    names[one] = name
    for (const other of others) names[other] = before
    const clashes = [one, ...others].some((each) =>
      [...conflicts[each]].some((other) => names[other] === names[each]),
    )
    const bytes = clashes ? Infinity : bytesOf(text(), best)
    if (bytes <= best) best = bytes
    else {
      names[one] = before
      for (const other of others) names[other] = name
    }
  }
  return { text: text(), names }
}

/** All variables, and for each those that may not have the same name: one is seen where the other is declared. */
function variablesOf(code) {
  const { scopes } = analyze(parsed(code), { ecmaVersion: 2020 })
  const variables = scopes
    .filter(({ type }) => type !== 'global')
    .flatMap((scope) => scope.variables.filter(({ defs }) => defs.length > 0))
  const conflicts = variables.map(() => new Set())
  const seenIn = new Map(scopes.map((scope) => [scope, new Set()]))
  for (const [index, { scope, references }] of variables.entries()) {
    seenIn.get(scope).add(index)
    for (const { from } of references)
      for (let at = from; at !== scope; at = at.upper) seenIn.get(at).add(index)
  }
  for (const [index, { scope }] of variables.entries())
    for (const other of seenIn.get(scope)) {
      if (other === index) continue
      conflicts[index].add(other)
      conflicts[other].add(index)
    }
  const taken = new Set(scopes[0].through.map(({ identifier }) => identifier.name))
  return { variables, conflicts, taken }
}

/** A function that gives the script with the present names. */
function writerOf(code, variables, names) {
  const places = variables.flatMap(({ references, defs }, index) => {
    const identifiers = [...references.map(({ identifier }) => identifier), ...defs.map(({ name }) => name)]
    return [...new Map(identifiers.map(({ range }) => [range[0], [...range, index]])).values()]
  })
  places.sort((a, b) => a[0] - b[0])
  const texts = places.map(([start], at) => code.slice(at === 0 ? 0 : places[at - 1][1], start))
  const end = code.slice(places.at(-1)[1])
  return () => texts.map((text, at) => text + names[places[at][2]]).join('') + end
}
