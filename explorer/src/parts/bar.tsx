/** A share of the longest bar of its table, 0 to 1; its figure stands beside it. Negative shares have no length. */
export function Bar({
  share,
  slot,
  isSecond,
}: {
  share: number
  slot?: number | undefined
  isSecond?: boolean
}) {
  const length = Math.max(0, Math.min(1, Number.isFinite(share) ? share : 0))
  const colour = slot === undefined ? 'bar-mark__fill' : `fill-${slot}`
  return (
    <svg
      class={isSecond ? 'bar-mark bar-mark--second' : 'bar-mark'}
      viewBox="0 0 100 8"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <rect width={length === 0 ? 0 : Math.max(0.7, length * 100)} height="8" class={colour} />
    </svg>
  )
}
