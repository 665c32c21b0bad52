/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.recovery;

import io.quire.store.errors.StateStoreException;
import io.quire.store.memory.PagedMemory;
import java.lang.System.Logger.Level;

/**
 * Loads the pages that nobody has touched since recovery, in page order, on a thread of its own. A page that cannot be
 * loaded stays cold and the rest goes on; whoever touches it gets the error.
 *
 * <p>Threading: started and stopped by the store; progress may be read by any thread.
 */
public final class Hydrator implements Runnable {
    private static final System.Logger LOG = System.getLogger(Hydrator.class.getName());

    private final PagedMemory memory;
    private final Thread thread;
    private volatile boolean running = true;
    private volatile int hydratedPages;
    private volatile int failedPages;
    private volatile StateStoreException firstFailure;

    /**
     * Prepares the thread.
     *
     * @param memory recovered memory
     */
    public Hydrator(final PagedMemory memory) {
        this.memory = memory;
        thread = new Thread(this, "quire-hydrator");
        thread.setDaemon(true);
    }

    /** Starts the thread. */
    public void start() {
        thread.start();
    }

    @Override
    public void run() {
        final int count = memory.recoveredPageCount();
        for (int page = 0; page < count && running; page++) {
            try {
                memory.hydrate(page);
            } catch (final StateStoreException e) {
                failed(page, e);
            }
            hydratedPages = page + 1;
        }
        if (running && failedPages == 0) {
            memory.hydrationComplete();
        }
    }

    private void failed(final int page, final StateStoreException e) {
        failedPages = failedPages + 1; // written by this thread only
        if (firstFailure == null) {
            firstFailure = e;
            LOG.log(Level.ERROR, "page " + page + " could not be loaded and stays cold", e);
        }
    }

    /** {@return pages looked at so far, of {@link PagedMemory#recoveredPageCount()}} */
    public int hydratedPages() {
        return hydratedPages;
    }

    /** {@return pages that could not be loaded} */
    public int failedPages() {
        return failedPages;
    }

    /** {@return why the first of them could not, or null} */
    public StateStoreException firstFailure() {
        return firstFailure;
    }

    /** Stops after the page under way and waits for the thread; an interrupt is kept for later. */
    public void stop() {
        running = false;
        Threads.join(thread);
    }

    /** Waits until all pages were looked at; an interrupt is kept for later. */
    public void await() {
        Threads.join(thread);
    }
}
