import HearthWorker

await WorkerProgram.main()
