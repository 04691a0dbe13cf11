/** Touches by week as small bars, the last week in the accent; its words are the cell's own. */
export function Spark({ weeks }: { weeks: readonly number[] }) {
  const most = Math.max(1, ...weeks)
  return (
    <svg class="spark" viewBox={`0 0 ${weeks.length * 4} 20`} preserveAspectRatio="none" aria-hidden="true">
      {weeks.map((count, week) => {
        const height = count === 0 ? 1 : Math.max(2, Math.round((count / most) * 20))
        return (
          <rect
            key={week}
            x={week * 4}
            y={20 - height}
            width="3"
            height={height}
            opacity={count === 0 ? 0.3 : 1}
            class={week === weeks.length - 1 && count > 0 ? 'now' : undefined}
          />
        )
      })}
    </svg>
  )
}
