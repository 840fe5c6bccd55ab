/* An upload against the sweep. The invariants: a blob that a record names is never deleted; at the end, a blob that no
   record names is gone. -DOLD: giving up does nothing if the sweep has removed the name from the list. */
bool listed, condemned, blob, named;
bool done = false;

proctype upload() {
  listed = true;
  blob = true;                                    /* R2 put */
  atomic { if
    :: listed && !condemned -> named = true; listed = false
    :: else
    fi }
  if
  :: named
  :: else ->
#ifdef OLD
     if
     :: listed -> condemned = true; blob = false; listed = false
     :: else
     fi
#else
     atomic { listed = true; condemned = true }
     blob = false; listed = false
#endif
  fi;
  done = true
}

proctype sweep() {
  atomic { listed -> condemned = true }
  atomic { blob = false; assert(!named) }
  listed = false
}

init {
  atomic { run upload(); run sweep() }
  (done && _nr_pr <= 1) || timeout -> assert(named == blob || (!named && !blob))
}
