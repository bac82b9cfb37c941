import HearthCommand

await HearthProgram.main()
