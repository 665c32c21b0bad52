/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.io.Threads;
import java.lang.System.Logger.Level;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.IdleStrategy;

/**
 * Runs an agent on a thread of its own. Unlike Agrona's runner it never interrupts its thread, because an interrupt
 * would close the files the agent writes.
 *
 * <p>Threading: thread-safe.
 */
final class AgentThread implements Runnable {

    private final Agent agent;
    private final IdleStrategy idleStrategy;
    private final Runnable wake;
    private final Thread thread;
    private volatile boolean running = true;

    AgentThread(final Agent agent, final IdleStrategy idleStrategy, final Runnable wake) {
        this.agent = agent;
        this.idleStrategy = idleStrategy;
        this.wake = wake;
        thread = new Thread(this, agent.roleName());
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    @Override
    public void run() {
        try {
            while (running) {
                idleStrategy.idle(duty());
            }
        } finally {
            close();
        }
    }

    private int duty() {
        try {
            return agent.doWork();
        } catch (final Exception e) {
            throw new IllegalStateException(agent.roleName() + " failed", e); // agents of a store catch their own
        }
    }

    private void close() {
        try {
            agent.onClose();
        } catch (final Throwable e) {
            // What counts, that everything was written and forced, the agent has told whoever waits for it.
            System.getLogger(AgentThread.class.getName())
                    .log(Level.WARNING, agent.roleName() + " could not be closed in order", e);
        }
    }

    /** Lets the agent finish and ends the thread. An agent that was never started is closed by the caller. */
    void stop() {
        running = false;
        if (thread.getState() == Thread.State.NEW) {
            close(); // nobody else does, and it owns files
            return;
        }
        wake.run();
        Threads.join(thread);
    }
}
