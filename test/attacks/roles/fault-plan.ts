// How S15 tells a Worker which of its writes is to fail: POST /faults with a Plan, or with null to end it. The answer is
// the report on the plan before. GET /faults reports without ending anything.

export interface Plan {
  /** the number of the write that fails, counted from the arrival of the plan, from 1 */
  at: number;
  /** Does the write itself take effect? "before": no; "after": yes. */
  when: "before" | "after";
  /**
   * "throw": the binding answers with an error. "hang": it never answers. The runtime then ends the request on the spot,
   * with no catch and no clean-up, as when a machine dies.
   */
  how: "throw" | "hang";
  /** also every later write, of any request */
  andEveryLater?: boolean;
  /** control of S15: the service writes a record's row before its blob */
  rowFirst?: boolean;
}

export interface Report {
  fired: boolean;
  /** all writes since the plan arrived, in order */
  writes: string[];
}
