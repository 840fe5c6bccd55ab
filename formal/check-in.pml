/* Check-in: a session object, the row in D1, the alarm, and a restore of either. Two check-ins, 1 and 2, have one tag.
   The invariant: receipts of two check-ins never exist for one tag, and each 201 follows a row that stands.
   -DOLD: the alarm takes any row for its own, and a repetition is answered without a look at the row. */
byte object;  /* the check-in that the object holds; 0: none */
bool pending; /* the object's row is not yet marked as delivered */
byte row;     /* the check-in of the row in D1; 0: none */
byte told;    /* the check-in that got a 201 */
byte restores = 0;

/* deliverSessionRow: one D1 statement */
inline write(me, stands) { if :: row == 0 -> row = me :: else fi; stands = (row == me) }
inline answer(me) { assert(told == 0 || told == me); assert(row == me); told = me }

proctype request(byte me) {
  bool stands; bool asks;
  byte tries = 0;
  do
  :: tries < 2 -> tries++;
     atomic { /* open() */
       asks = false;
       if
       :: object == 0 -> object = me; pending = true; asks = true
       :: object == me -> asks = true
       :: else
       fi
     }
     if
     :: asks ->
        atomic { skip;
#ifdef OLD
          if
          :: !pending && object == me -> answer(me); asks = false
          :: else
          fi
#endif
        }
        if
        :: asks -> if
           :: atomic { write(me, stands);
                if
                :: stands -> answer(me); if :: object == me -> pending = false :: else fi
                :: else -> if :: object == me -> object = 0; pending = false :: else fi
                fi }
           :: skip /* D1 does not answer: unavailable */
           fi
        :: else
        fi
     :: else
     fi
  :: break
  od
}

proctype alarm() {
  bool stands;
  do
  :: atomic { object != 0 && pending ->
#ifdef OLD
       if :: row == 0 -> row = object :: else fi;
       pending = false
#else
       write(object, stands);
       if :: stands -> pending = false :: else -> object = 0; pending = false fi
#endif
     }
  :: break
  od
}

/* The object returns to the day before any check-in. */
proctype restore() { atomic { object = 0; pending = false } }

init { atomic { run request(1); run request(2); run alarm(); run restore() } }
