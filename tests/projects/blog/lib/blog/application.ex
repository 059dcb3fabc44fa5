defmodule Blog.Application do
  @moduledoc false
  use Application

  @impl true
  def start(_type, _args) do
    Supervisor.start_link([Blog.Repo], strategy: :one_for_one, name: Blog.Supervisor)
  end
end
