# Runs migrations by `Ecto.Migrator`, told what to do line by line on standard input.
#
#     connect <socket folder> <port> <database> <user> <options of the repo, in base 64>
#     up <version> <path, in base 64>
#     down <version> <path, in base 64>
#
# Each is answered by one line that begins with "answer": "ok" and the SQL that was sent, or "error" and why; all
# in base 64, so that what a migration prints is not taken for it.

defmodule Blog.Repo do
  use Ecto.Repo, otp_app: :blog, adapter: Ecto.Adapters.Postgres
end

defmodule RealEcto do
  def run do
    # Each by its name: compiled without Mix, an application does not know what it needs.
    for application <- [:logger, :telemetry, :decimal, :db_connection, :postgrex, :ecto, :ecto_sql] do
      {:ok, _} = Application.ensure_all_started(application)
    end

    Code.compiler_options(ignore_module_conflict: true)
    Logger.configure(level: :none)
    {:ok, sent} = Agent.start(fn -> [] end)

    :telemetry.attach(
      "sent",
      [:blog, :repo, :query],
      fn _, _, metadata, _ -> Agent.update(sent, &[metadata.query | &1]) end,
      nil
    )

    answer("ok", ["ecto_sql #{Application.spec(:ecto_sql, :vsn)}"])

    for line <- IO.stream(:stdio, :line) do
      Agent.update(sent, fn _ -> [] end)

      try do
        line |> String.trim() |> String.split(" ") |> command()
        answer("ok", Enum.reverse(Agent.get(sent, & &1)))
      catch
        kind, reason -> answer("error", [Exception.format(kind, reason, __STACKTRACE__)])
      end
    end
  end

  defp command(["connect", folder, port, database, user, options]) do
    if Process.whereis(Blog.Repo), do: Blog.Repo.stop()
    {options, _} = Code.eval_string("Function.identity(#{Base.decode64!(options)})")
    address = [socket_dir: folder, port: String.to_integer(port), database: database, username: user]
    Application.put_env(:blog, Blog.Repo, options ++ address ++ [pool_size: 3, log: false])
    {:ok, pid} = Blog.Repo.start_link()
    Process.unlink(pid)
    # Makes the table of versions, so that it is there before anything is compared.
    Ecto.Migrator.migrated_versions(Blog.Repo, log: false)
  end

  defp command(["up", version, path]) do
    :ok = Ecto.Migrator.up(Blog.Repo, String.to_integer(version), migration(path), log: false)
  end

  defp command(["down", version, path]) do
    :ok = Ecto.Migrator.down(Blog.Repo, String.to_integer(version), migration(path), log: false)
  end

  # As `Ecto.Migrator.run/4` finds the module of a file.
  defp migration(path) do
    loaded = Code.compile_file(Base.decode64!(path))
    {module, _} = Enum.find(loaded, fn {module, _} -> function_exported?(module, :__migration__, 0) end)
    module
  end

  defp answer(verdict, texts) do
    IO.puts(Enum.join(["answer", verdict | Enum.map(texts, &Base.encode64/1)], " "))
  end
end

RealEcto.run()
