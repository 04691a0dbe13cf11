/** Every tool, in the order in which an assistant is shown them. All of them read. */
import { attributionTool, channelsTool } from './channel-tools.js'
import { findTool, whyTool } from './find-tools.js'
import { accountJourneyTool, silentAccountsTool, stagesTool } from './journey-tools.js'
import { querySqlTool } from './sql-tool.js'
import { accountTimelineTool, personTimelineTool } from './timeline-tools.js'
import type { Tool } from './tool.js'

export const tools: readonly Tool[] = [
  findTool,
  personTimelineTool,
  accountTimelineTool,
  accountJourneyTool,
  silentAccountsTool,
  channelsTool,
  attributionTool,
  stagesTool,
  whyTool,
  querySqlTool,
]
