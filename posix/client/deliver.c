/* SPDX-License-Identifier: MIT */
/*
 * How a handler is run, in one of two places. At the boundary of a call, when the thread
 * leaves the shim: only the registers that a call preserves mean anything, and after the
 * handler the thread goes on by plain returns. Or anywhere else, from an upcall: everything
 * is saved on the handler's stack and loaded back by the kernel. Both give the handler
 * Linux's ucontext. Start reading at signals_at_boundary and upcall_handle.
 */
#include <posix/client/signal_frame.h>
#include <posix/client/thread.h>

static uint64_t mask_during(const struct linux_sigaction *action, uint64_t mask,
                            long signal)
{
    mask |= action->mask;
    if (!(action->flags & LINUX_SA_NODEFER))
        mask |= LINUX_SIGBIT(signal);
    return mask & ~LINUX_SIGNALS_UNMASKABLE;
}

bool on_alternate(const struct shim_thread *thread, uint64_t sp)
{
    return sp - thread->alternate_base < thread->alternate_bytes;
}

/* Where a handler's stack begins. */
static uint64_t stack_for(const struct shim_thread *thread,
                          const struct linux_sigaction *action, uint64_t sp)
{
    if ((action->flags & LINUX_SA_ONSTACK) && thread->alternate_bytes &&
        !on_alternate(thread, sp))
        return (thread->alternate_base + thread->alternate_bytes) & ~15ull;
    return sp & ~15ull;
}

/* What stands before the registers in Linux's ucontext; as there, nothing is written behind
 * the first word of the mask. sp: where the thread was. */
static void context_begin(struct signal_context *context,
                          const struct shim_thread *thread, uint64_t sp, uint64_t mask)
{
    context->flags = context->link = 0;
    context->stack.base = thread->alternate_base;
    context->stack.bytes = thread->alternate_bytes;
    context->stack.flags = thread->alternate_bytes == 0 ? LINUX_SS_DISABLE
                           : on_alternate(thread, sp)   ? LINUX_SS_ONSTACK
                                                        : 0;
    context->mask = mask;
}

/* The whole of it: general registers in the same order, floating point. */
static void context_fill(struct signal_context *context, const struct shim_thread *thread,
                         const struct register_frame *frame, uint64_t mask)
{
    context_begin(context, thread, frame->x[1], mask);
    memcpy(context->registers, &frame->pc, sizeof(context->registers));
    memcpy(context->fp, frame->f, sizeof(frame->f));
    context->fcsr = frame->fcsr;
}

static void frame_fill(struct register_frame *frame, const struct signal_context *context)
{
    memcpy(&frame->pc, context->registers, sizeof(context->registers));
    memcpy(frame->f, context->fp, sizeof(frame->f));
    frame->fcsr = context->fcsr;
    frame->flags = FRAME_FP;
}

/* ---- at the boundary of a call ---- */

static _Noreturn void frame_load(struct thread_page *page,
                                 const struct signal_context *context)
{
    frame_fill(&page->upcall_save.frame, context);
    kernel_call(SYS_upcall_return, (uint64_t)&page->upcall_save.frame, 0, 0, 0, 0, 0);
    process_end(POSIX_STATUS_SIGNAL(LINUX_SIGSEGV));
}

typedef void signal_handler(int32_t number, struct linux_siginfo *info,
                            struct signal_context *context);

#define PC 0 /* in a context's registers; the others by their numbers */
#define SP 2
#define GP 3
#define TP 4
#define A0 10

/* Call a handler with the door open, on a stack from sp down; on this one if the thread was
 * on it: on top of it are the shim's own frames. */
static inline void handler_run_here(uint64_t handler, struct linux_siginfo *info,
                                    struct signal_context *context, uint64_t sp,
                                    struct thread_page *page)
{
    if (sp != (context->registers[SP] & ~15ull)) {
        handler_call(handler, info->number, info, context, sp, page);
        return;
    }
    __atomic_store_n(&page->inhibit, 0, __ATOMIC_RELEASE);
    ((signal_handler *)handler)(info->number, info, context);
    __atomic_store_n(&page->inhibit, 1, __ATOMIC_SEQ_CST);
}

/* Run one handler; the result of the call and where it returns to stand in the context. Of
 * what it leaves there entry.S takes the registers that a call preserves; a thread that is
 * to go on elsewhere, or elsewhere on its stack, is loaded whole. */
static void boundary_handler(struct signal_context *context, struct thread_page *page,
                             const struct linux_sigaction *action,
                             struct linux_siginfo *info)
{
    struct shim_thread *thread = thread_of(page);
    uint64_t *registers = context->registers;
    uint64_t mask = thread->has_saved_mask ? thread->saved_mask : page->mask;
    uint64_t pc = registers[PC], at = registers[SP];
    uint64_t gp = registers[GP], tp = registers[TP];
    uint64_t sp = stack_for(thread, action, at);

    context_begin(context, thread, at, mask);
    page->mask = mask_during(action, page->mask, info->number);
    thread->has_saved_mask = 0;
    handler_run_here(action->handler, info, context, sp, page);
    mask_set(page, context->mask);
    if ((registers[PC] ^ pc) | (registers[SP] ^ at) | (registers[GP] ^ gp) |
        (registers[TP] ^ tp))
        frame_load(page, context);
}

/*
 * CALL_RAISED: the thread sent itself a signal, alone and unmasked, so that nothing has to be
 * claimed, and it is at the boundary of a call that is done. Linux has taken it before its
 * kill() returns, too.
 */
static __attribute__((noinline)) long raised_deliver(struct signal_context *context,
                                                     struct call_frame *call)
{
    const struct linux_sigaction *action = signal_action_raised(call->raised);
    struct thread_page *page = call->page;
    uint64_t *registers = context->registers;
    uint64_t sp = stack_for(thread_of(page), action, registers[SP]);
    uint64_t gp = registers[GP];
    struct linux_siginfo info;

    registers[A0] = 0;
    words_clear(&info, sizeof(info));
    info.number = (int32_t)call->raised;
    info.code = LINUX_SI_USER;
    info.pid = (int32_t)shim_info()->pid;
    info.uid = (int32_t)shim_info()->uid;
    context_begin(context, thread_of(page), registers[SP], page->mask);
    page->mask = mask_during(action, page->mask, info.number);
    handler_run_here(action->handler, &info, context, sp, page);
    mask_set(page, context->mask);
    if ((registers[PC] ^ call->ra) | (registers[SP] ^ (uint64_t)&call->stack_argument) |
        (registers[GP] ^ gp) | (registers[TP] ^ (uint64_t)__builtin_thread_pointer()))
        frame_load(page, context);
    return 0;
}

/* Spares the second claim, which most often finds nothing. */
static bool signal_may_be_due(const struct thread_page *page)
{
    uint64_t pending = __atomic_load_n(&page->pending, __ATOMIC_RELAXED) |
                       __atomic_load_n(&process_page()->pending, __ATOMIC_RELAXED);

    return pending & (~page->mask | POSIX_LOOK_BIT);
}

/* Whatever is due, after any other call. */
static __attribute__((noinline)) long due_deliver(struct signal_context *context,
                                                  struct call_frame *call)
{
    struct thread_page *page = call->page;
    struct shim_thread *thread = thread_of(page);
    long result = (long)context->registers[A0];
    bool restarts = result == RESTART_ALWAYS || result == RESTART_QUIET;
    bool handled = false;
    struct linux_sigaction action;
    struct linux_siginfo info;
    long signal;

    while (signal_may_be_due(page) &&
           (signal = signal_claim(page, ~page->mask, &info)) != 0) {
        if (!handler_for(signal, &action))
            continue;
        if (restarts && !handled &&
            (result == RESTART_QUIET || !(action.flags & LINUX_SA_RESTART))) {
            context->registers[A0] = (uint64_t)-LINUX_EINTR;
            restarts = false;
        }
        handled = true;
        /* Without an effect so far: the caller is at its call instruction. */
        context->registers[PC] = restarts ? call->ra - 2 : call->ra;
        boundary_handler(context, page, &action, &info);
    }
    if (thread->has_saved_mask) {
        mask_set(page, thread->saved_mask);
        thread->has_saved_mask = 0;
    }
    return restarts;
}

/*
 * A call is over, or was interrupted without an effect: deliver what is due. context: the
 * registers as the caller will find them. Returns 1: make the call once more. After 0
 * entry.S looks again.
 */
/* DOC: signals-at-boundary */
long signals_at_boundary(struct signal_context *context, struct call_frame *call)
{
    return (long)context->registers[A0] == CALL_RAISED ? raised_deliver(context, call)
                                                       : due_deliver(context, call);
}

/* ---- anywhere ---- */

static bool in_shim(uint64_t pc)
{
    return pc - POSIX_SHIM_VA < POSIX_INFO_VA - POSIX_SHIM_VA;
}

/* A call that has not begun looks like one that is still to be made. */
static void present_call(struct register_frame *frame, struct signal_frame *saved)
{
    uint64_t at = frame->pc - (uint64_t)emu_entry_traced;

    saved->real_pc = frame->pc;
    saved->real_sp = frame->x[1];
    saved->shown_pc = 0;
    if (at >= (uint64_t)(emu_entry_inhibited - (char *)emu_entry_traced))
        return;
    saved->shown_pc = frame->pc = frame->x[0] - 2;
    if (saved->real_pc > (uint64_t)emu_entry)
        frame->x[1] += sizeof(struct call_frame) - sizeof(long);
}

/* Build the handler's frame and enter it. Does not return. */
static _Noreturn void handler_run(struct thread_page *page, struct register_frame *from,
                                  const struct linux_sigaction *action,
                                  const struct linux_siginfo *info)
{
    struct shim_thread *thread = thread_of(page);
    struct register_frame shown = *from;
    struct signal_frame frame;
    uint64_t sp = stack_for(thread, action, from->x[1]) - sizeof(frame);
    struct signal_frame *to = (struct signal_frame *)sp;

    present_call(&shown, &frame);
    frame.info = *info;
    context_fill(&frame.context, thread, &shown, page->mask);
    if (user_copy(to, &frame, sizeof(frame)) != 0)
        process_end(POSIX_STATUS_SIGNAL(LINUX_SIGSEGV));
    page->mask = mask_during(action, page->mask, info->number);
    page->fault_save.in_use = 0;
    handler_enter(action->handler, info->number, &to->info, &to->context, sp, page);
}

/* The handler has returned. */
_Noreturn void signal_frame_return(const struct signal_frame *from,
                                   struct thread_page *page)
{
    struct signal_context context;

    if (user_copy(&context, &from->context, sizeof(context)) != 0)
        process_end(POSIX_STATUS_SIGNAL(LINUX_SIGSEGV));
    if (from->shown_pc && context.registers[0] == from->shown_pc) {
        context.registers[0] = from->real_pc;
        context.registers[2] = from->real_sp;
    }
    mask_set(page, context.mask);
    frame_load(page, &context);
}

struct fault_signal {
    uint8_t signal;
    uint8_t code;
};

static const struct fault_signal fault_signals[] = {
    [FAULT_READ] = {LINUX_SIGSEGV, LINUX_SEGV_MAPERR},
    [FAULT_WRITE] = {LINUX_SIGSEGV, LINUX_SEGV_MAPERR},
    [FAULT_EXECUTE] = {LINUX_SIGSEGV, LINUX_SEGV_MAPERR},
    [FAULT_ILLEGAL] = {LINUX_SIGILL, LINUX_ILL_ILLOPC},
    [FAULT_BREAKPOINT] = {LINUX_SIGTRAP, LINUX_TRAP_BRKPT},
    [FAULT_MISALIGNED] = {LINUX_SIGBUS, LINUX_BUS_ADRALN},
    [FAULT_QUOTA] = {LINUX_SIGKILL, 0},
    [FAULT_FOREIGN] = {LINUX_SIGSYS, LINUX_SI_KERNEL},
    [FAULT_BUS] = {LINUX_SIGBUS, LINUX_BUS_ADRERR},
};

/* Let it happen again with no door to go through: the kernel ends the process, and says
 * why on the log. A foreign call would only be refused. */
static _Noreturn void fault_again(struct thread_page *page)
{
    if (page->fault_save.kind == FAULT_FOREIGN)
        process_end(POSIX_STATUS_SIGNAL(LINUX_SIGSYS));
    page->upcall_entry = 0;
    kernel_call(SYS_upcall_return, (uint64_t)&page->fault_save.frame, 0, 0, 0, 0, 0);
    process_end(POSIX_STATUS_SIGNAL(LINUX_SIGSEGV));
}

static _Noreturn void fault_handle(struct thread_page *page, uint64_t kind)
{
    struct register_frame *frame = &page->fault_save.frame;
    struct fault_signal what = fault_signals[kind <= FAULT_BUS ? kind : FAULT_ILLEGAL];
    struct linux_siginfo info;
    struct linux_sigaction action;

    if (frame->pc - (uint64_t)user_copy < (uint64_t)user_copy_end - (uint64_t)user_copy) {
        frame->pc = frame->x[0];
        frame->x[9] = (uint64_t)-LINUX_EFAULT;
        page->fault_save.in_use = 0;
        kernel_call(SYS_upcall_return, (uint64_t)frame, 0, 0, 0, 0, 0);
    }
    if (in_shim(frame->pc) || (frame->flags & FRAME_INHIBIT) ||
        what.signal == LINUX_SIGKILL || (page->mask & LINUX_SIGBIT(what.signal)))
        fault_again(page);
    memset(&info, 0, sizeof(info));
    info.number = what.signal;
    info.code = what.code;
    info.address = page->fault_save.address;
    if (what.signal == LINUX_SIGILL || what.signal == LINUX_SIGTRAP)
        info.address = frame->pc;
    if (what.signal == LINUX_SIGSEGV && memory_is_mapped(info.address))
        info.code = LINUX_SEGV_ACCERR;
    if (!signal_is_caught(what.signal)) {
        if (shim_info()->trace) {
            trace_signal(what.signal, &info.address);
            trace_end(POSIX_STATUS_SIGNAL(what.signal));
        }
        fault_again(page);
    }
    handler_for(what.signal, &action);
    handler_run(page, frame, &action, &info);
}

/* DOC: upcall-handle */
_Noreturn void upcall_handle(struct thread_page *page, uint64_t kind)
{
    struct register_frame *frame = &page->upcall_save.frame;
    struct linux_sigaction action;
    struct linux_siginfo info;
    long signal;

    if (kind != FAULT_NONE)
        fault_handle(page, kind);
    while ((signal = signal_claim(page, ~page->mask, &info)) != 0)
        if (handler_for(signal, &action))
            handler_run(page, frame, &action, &info);
    kernel_call(SYS_upcall_return, (uint64_t)frame, 0, 0, 0, 0, 0);
    process_end(POSIX_STATUS_SIGNAL(LINUX_SIGSEGV));
}
