/* Threads, locks and waiting, on Windows and everywhere else. */
#ifndef STUDIO_THREADS_H
#define STUDIO_THREADS_H

#if defined(_WIN32)
#include <windows.h>
typedef SRWLOCK lock;
typedef CONDITION_VARIABLE event;
typedef HANDLE thread;
#define LOCK_READY SRWLOCK_INIT
#define EVENT_READY CONDITION_VARIABLE_INIT
#define THREAD_BODY(name, argument) static DWORD WINAPI name(void *argument)
static inline void lock_take(lock *l) { AcquireSRWLockExclusive(l); }
static inline void lock_leave(lock *l) { ReleaseSRWLockExclusive(l); }
static inline void event_wait(event *e, lock *l) { SleepConditionVariableSRW(e, l, INFINITE, 0); }
static inline void event_raise(event *e) { WakeAllConditionVariable(e); }
static inline int thread_start(thread *t, DWORD(WINAPI *body)(void *), void *argument) {
    return (*t = CreateThread(NULL, 0, body, argument, 0, NULL)) != NULL;
}
static inline void give_way(void) { SwitchToThread(); }
#else
#include <pthread.h>
#include <sched.h>
typedef pthread_mutex_t lock;
typedef pthread_cond_t event;
typedef pthread_t thread;
#define LOCK_READY PTHREAD_MUTEX_INITIALIZER
#define EVENT_READY PTHREAD_COND_INITIALIZER
#define THREAD_BODY(name, argument) static void *name(void *argument)
static inline void lock_take(lock *l) { pthread_mutex_lock(l); }
static inline void lock_leave(lock *l) { pthread_mutex_unlock(l); }
static inline void event_wait(event *e, lock *l) { pthread_cond_wait(e, l); }
static inline void event_raise(event *e) { pthread_cond_broadcast(e); }
static inline int thread_start(thread *t, void *(*body)(void *), void *argument) {
    return pthread_create(t, NULL, body, argument) == 0;
}
static inline void give_way(void) { sched_yield(); }
#endif

static inline void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
