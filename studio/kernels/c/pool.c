/* A few threads that share out the items of a piece of work; whoever asks takes part.
 *
 * Items are claimed a few at a time, so a thread the system has put aside keeps nobody waiting but for what it
 * holds. Between two pieces of work the threads look for the next one for about a tenth of a millisecond, and
 * sleep then.
 */
#include "kernels.h"
#include "threads.h"

#include <stdatomic.h>

enum { MOST_THREADS = 64, LOOKS = 3000 };

static lock turn = LOCK_READY; /* held by who has the pool */
static lock doze = LOCK_READY;
static event woken = EVENT_READY;
static int n_started = 1;        /* threads there are, with the caller's own */
static atomic_int n_threads = 1; /* of these, how many take part */

/* The work under way. Its number (in the upper half) and the items nobody has claimed yet are one word, so that
 * a late thread cannot take an item of the next work for one of the last. */
static _Atomic uint64_t open_items;
static atomic_int unfinished, asleep;
static work *what;
static void *context;
static int n_items;

static void take_part(int who) {
    for (;;) {
        uint64_t seen = atomic_load(&open_items);
        uint32_t left = (uint32_t)seen;
        if (left == 0)
            return;
        uint32_t mine = left / (2 * (uint32_t)atomic_load(&n_threads));
        mine = mine > 0 ? mine : 1;
        if (!atomic_compare_exchange_weak(&open_items, &seen, seen - mine))
            continue;
        int first = n_items - (int)left; /* what is claimed keeps these as they are */
        what(context, first, first + (int)mine, who);
        atomic_fetch_sub(&unfinished, (int)mine);
    }
}

static int has_work(int who) { return (uint32_t)atomic_load(&open_items) > 0 && who < atomic_load(&n_threads); }

THREAD_BODY(worker, argument) {
    const int who = (int)(intptr_t)argument;
    for (;;) {
        for (int look = 0; look < LOOKS && !has_work(who); look++)
            pause_briefly();
        if (has_work(who)) {
            take_part(who);
            continue;
        }
        lock_take(&doze);
        atomic_fetch_add(&asleep, 1);
        if (!has_work(who))
            event_wait(&woken, &doze);
        lock_leave(&doze);
    }
    return 0;
}

static void wake(void) {
    if (atomic_exchange(&asleep, 0) > 0) {
        lock_take(&doze);
        event_raise(&woken);
        lock_leave(&doze);
    }
}

void pool_run(int n, work *task, void *of) {
    if (atomic_load(&n_threads) == 1 || n == 1) {
        task(of, 0, n, 0);
        return;
    }
    what = task, context = of, n_items = n;
    atomic_store(&unfinished, n);
    atomic_store(&open_items, ((atomic_load(&open_items) >> 32) + 1) << 32 | (uint32_t)n);
    wake();
    take_part(0);
    for (int look = 0; atomic_load(&unfinished) > 0; look++)
        if (look < LOOKS)
            pause_briefly();
        else
            give_way();
}

void pool_begin(void) { lock_take(&turn); }
void pool_end(void) { lock_leave(&turn); }
int pool_threads(void) { return n_started; }

/* From now on `n` threads compute, the caller's own among them; how many it became. Those that are not needed
 * any more sleep. */
EXPORT int studio_set_threads(int n) {
    pool_begin();
    n = n < 1 ? 1 : n > MOST_THREADS ? MOST_THREADS : n;
    for (thread started; n_started < n; n_started++)
        if (!thread_start(&started, worker, (void *)(intptr_t)n_started))
            break;
    n = n < n_started ? n : n_started;
    atomic_store(&n_threads, n);
    pool_end();
    return n;
}
