/* Closing an epoch of the index. Two objects, A and B, have an index row in their outbox. Both sessions stand in D1. B is
   restored to an earlier day and loses its outbox. The service's word that nothing is pending may be false. No check-in
   arrives any more.
   The invariants: after an honest word the epoch closes with both rows; a row that the escrow answers is in the index, or
   counted as late.
   -DOLD: the escrow closes without the service's word. -DBLIND: the word follows the outboxes alone, not D1. -DQUIET: a row
   that comes after closing is answered and dropped. */
bool pendingA = true, pendingB = true; /* the outbox of each object */
bool indexA, indexB;                   /* the escrow's rows */
bool late, word, closed;
bool honest = true;

inline put(index) {
  if
  :: !index && !closed -> index = true
#ifndef QUIET
  :: !index && closed -> late = true
#endif
  :: else
  fi;
  assert(index || late)
}

proctype alarms() { /* each may be slow, and the escrow may not answer */
  do
  :: atomic { pendingA -> put(indexA); pendingA = false }
  :: atomic { pendingB -> put(indexB); pendingB = false }
  :: break
  od
}

proctype restore() { pendingB = false }

proctype completion() {
  if
  :: atomic { if :: pendingA -> put(indexA); pendingA = false :: else fi }
     atomic { if :: pendingB -> put(indexB); pendingB = false :: else fi }
#ifndef BLIND
     atomic { put(indexA) } /* every session of D1 gives its row again */
     atomic { put(indexB) }
#endif
  :: honest = false
  fi;
  word = true
}

proctype closing() {
#ifndef OLD
  word;
#endif
  closed = true;
  assert(!honest || (indexA && indexB))
}

init { atomic { run alarms(); run restore(); run completion(); run closing() } }
