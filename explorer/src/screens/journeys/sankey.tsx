/** The flow of the first steps. d3-sankey says where what lies; what is drawn is plain SVG. */
import { sankey, sankeyLeft } from 'd3-sankey'
import { useMemo, useRef } from 'preact/hooks'
import { useWords } from '../../i18n/dictionary.js'
import { useFormats } from '../../i18n/formats.js'
import { useWidth } from '../../parts/use-width.js'
import { slotsOf } from '../../parts/channels.js'
import { displayText } from '../../parts/text.js'
import { others, type FlowLink, type FlowNode } from './shape.js'
import { words } from './words.js'

interface SankeyProps {
  flow: { nodes: readonly FlowNode[]; links: readonly FlowLink[] }
  isChannel: boolean
  chosen: string | null
  choose: (id: string) => void
}
const leastWidth = 720
const nodeWidth = 12
/** Each can be pressed with a finger: no two are nearer than 24 px (WCAG 2.5.8). */
const nodeGap = 26

export function Sankey({ flow, isChannel, chosen, choose }: SankeyProps) {
  const t = useWords(words)
  const { number } = useFormats()
  const box = useRef<HTMLDivElement>(null)
  const width = Math.max(leastWidth, useWidth(box))
  const placed = useMemo(() => place(flow, width), [flow, width])
  const slots = useMemo(() => {
    const names = [...new Set(flow.nodes.map(({ name }) => name))].filter((name) => !name.startsWith('('))
    return new Map(slotsOf(names).map((slot, index) => [names[index], slot]))
  }, [flow])
  const nameOf = (name: string) =>
    name === '(conversion)' || name === '(end)' || name === '(further)' || name === others
      ? t[name]
      : displayText(name, 32)
  const fill = (name: string) =>
    name === '(conversion)'
      ? 'flow-goal'
      : slots.has(name) && isChannel
        ? `fill-${slots.get(name)}`
        : 'flow-plain'
  return (
    <div class="flow" ref={box} tabIndex={0} role="region" aria-label={t.sankey}>
      <svg width={width} height={placed.height} role="group" aria-label={t.sankey}>
        {placed.links.map(({ source, target, value, y0, y1, width: thick }) => (
          <path
            key={`${source.id} ${target.id}`}
            class={
              chosen === null || chosen === source.id || chosen === target.id
                ? 'flow-link'
                : 'flow-link is-dim'
            }
            d={curve([source.x1, y0], [target.x0, y1])}
            stroke-width={Math.max(1, thick)}
          >
            <title>{t.flow(nameOf(source.name), nameOf(target.name), number(value))}</title>
          </path>
        ))}
        {placed.nodes.map((node) => (
          <Step
            key={node.id}
            node={node}
            name={nameOf(node.name)}
            fill={fill(node.name)}
            isLeft={node.x1 > width - 120}
            isChosen={chosen === node.id}
            choose={choose}
          />
        ))}
      </svg>
    </div>
  )
}

interface StepProps {
  node: Placed
  name: string
  fill: string
  /** Its name stands left of it, for there is no room on the right. */
  isLeft: boolean
  isChosen: boolean
  choose: (id: string) => void
}
function Step({ node: { id, x0, x1, y0, y1, value }, name, fill, isLeft, isChosen, choose }: StepProps) {
  const { number } = useFormats()
  const press = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== ' ') return
    event.preventDefault()
    choose(id)
  }
  return (
    <g
      class="flow-node"
      role="button"
      tabIndex={0}
      aria-pressed={isChosen}
      aria-label={`${name}: ${number(value)}`}
      onClick={() => choose(id)}
      onKeyDown={press}
    >
      <rect x={x0} y={y0} width={x1 - x0} height={Math.max(2, y1 - y0)} class={fill} />
      <text x={isLeft ? x0 - 6 : x1 + 6} y={(y0 + y1) / 2} dy="0.35em" text-anchor={isLeft ? 'end' : 'start'}>
        {name} <tspan class="flow-count">{number(value)}</tspan>
      </text>
    </g>
  )
}

const curve = ([x0, y0]: [number, number], [x1, y1]: [number, number]) => {
  const middle = (x0 + x1) / 2
  return `M${x0} ${y0}C${middle} ${y0} ${middle} ${y1} ${x1} ${y1}`
}

function place({ nodes, links }: SankeyProps['flow'], width: number) {
  const perDepth = new Map<number, number>()
  for (const { depth } of nodes) perDepth.set(depth, (perDepth.get(depth) ?? 0) + 1)
  const height = Math.max(200, Math.max(...perDepth.values()) * 56)
  const layout = sankey<{ id: string; name: string; depth: number }, { value: number }>()
    .nodeId(({ id }) => id)
    .nodeAlign(sankeyLeft)
    .nodeWidth(nodeWidth)
    .nodePadding(nodeGap)
    .extent([
      [1, 8],
      [width - 1, height - 8],
    ])
  // d3-sankey writes into what it is given.
  const graph = layout({
    nodes: nodes.map((node) => ({ ...node })),
    links: links.map((link) => ({ ...link })),
  })
  const nodeOf = (one: unknown) => {
    const { id = '', name = '', x0 = 0, x1 = 0, y0 = 0, y1 = 0, value = 0 } = one as Partial<Placed>
    return { id, name, x0, x1, y0, y1, value }
  }
  return {
    height,
    nodes: graph.nodes.map(nodeOf),
    links: graph.links.map(({ source, target, value, y0 = 0, y1 = 0, width: thick = 1 }) => ({
      source: nodeOf(source),
      target: nodeOf(target),
      value,
      y0,
      y1,
      width: thick,
    })),
  }
}

interface Placed {
  id: string
  name: string
  x0: number
  x1: number
  y0: number
  y1: number
  value: number
}
